"""
Every page that customers see, in each of its states: for who hears it, has only keys, or a narrow phone.

Structure depends neither on colours nor on words, so each language is looked at on one size in full, and on
both in their colours. Each scene is opened once in each.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.support.axe import COLOURS, EVERYTHING, violations
from tests.browser.support.reach import out_of_reach, too_narrow
from tests.browser.support.scenes import SCENES, Theatre
from tests.browser.support.watch import Watch

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
# They belong to scenes.
COMPLAINTS = [
    *(f"status of {status}" for status in (400, 401, 403, 404, 409, 500, 503)),
    *("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED"),
]


def open_context(browser: Browser, theatre: Theatre, locale: str) -> Iterator[BrowserContext]:
    """Yield a context for one scene after the other; none may do what the Content-Security-Policy forbids."""
    context = browser.new_context(base_url=theatre.stage.shop.site, locale=locale)
    watch = Watch(theatre.stage.shop.site, theatre.stage.stripe.url)
    watch.follow(context)
    for words in COMPLAINTS:
        watch.expect(words)
    context.new_page().goto("/robots.txt")  # This page keeps the scenes' process.
    yield context
    context.close()
    assert watch.complaints == []


def open_page(context: BrowserContext, size: ViewportSize) -> Iterator[Page]:
    """Yield a page for one scene: that of an offline ticket reloads as soon as there is a network."""
    page = context.new_page()
    page.set_viewport_size(size)
    yield page
    page.close()


@pytest.fixture(scope="module")
def in_english(browser: Browser, theatre: Theatre) -> Iterator[BrowserContext]:
    yield from open_context(browser, theatre, "en-GB")


@pytest.fixture(scope="module")
def in_german(browser: Browser, theatre: Theatre) -> Iterator[BrowserContext]:
    yield from open_context(browser, theatre, "de-DE")


@pytest.fixture
def english(in_english: BrowserContext) -> Iterator[Page]:
    yield from open_page(in_english, PHONE)


@pytest.fixture
def german(in_german: BrowserContext) -> Iterator[Page]:
    yield from open_page(in_german, DESK)


@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing_wrong_and_the_keyboard_reaches_all(
    english: Page, theatre: Theatre, scene: str
) -> None:
    theatre.open(english, scene)
    found = violations(english, PHONE, "light", EVERYTHING)
    found += violations(english, PHONE, "dark", COLOURS)
    english.set_viewport_size(DESK)

    assert [*found, *out_of_reach(english)] == []


@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing_wrong_in_german_and_narrow_phones_have_room(
    german: Page, theatre: Theatre, scene: str
) -> None:
    theatre.open(german, scene)
    found = violations(german, DESK, "dark", EVERYTHING)
    found += violations(german, DESK, "light", COLOURS)

    assert [*found, *too_narrow(german)] == []


def test_what_is_wrong_would_be_found(german: Page, theatre: Theatre) -> None:
    theatre.open(german, "Cancelled: let go")
    german.evaluate("document.querySelector('.lead').style.color = 'silver'")
    german.evaluate("document.documentElement.lang = ''")
    german.evaluate("document.querySelector('.lead').style.maxInlineSize = '1em'")
    german.evaluate("document.querySelectorAll('.unbroken').forEach(it => it.classList.remove('unbroken'))")
    german.evaluate("document.querySelector('main h1').style.inlineSize = '500px'")
    german.evaluate("document.querySelector('main a').addEventListener('focus', it => it.target.blur())")

    found = [*violations(german, PHONE, "light", EVERYTHING), *too_narrow(german), *out_of_reach(german)]

    kinds = {" ".join(one.split()[:4]) for one in found}
    assert {" ".join(it.split()[:3]) for it in kinds if it.startswith("390")} == {
        "390 light: html-has-lang",
        "390 light: color-contrast",
    }
    assert {"320: wider than the", "320: a line ends", "Tab doesn't come to"} <= kinds


def test_the_first_stop_skips_to_the_content(english: Page, theatre: Theatre) -> None:
    theatre.open(english, "Programme: events")
    english.keyboard.press("Tab")
    expect(english.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    english.keyboard.press("Enter")

    expect(english.get_by_role("main")).to_be_focused()


def test_nothing_moves_for_whom_motion_makes_ill(english: Page, theatre: Theatre) -> None:
    theatre.open(english, "Payment: pending")
    moving = "document.getAnimations().filter(it => it.playState === 'running').length"
    assert english.evaluate(moving) == 3
    english.emulate_media(reduced_motion="reduce")
    still = english.evaluate(moving)
    english.emulate_media(reduced_motion="no-preference")

    assert still == 0
