"""What axe-core finds wrong for people who hear a page, or see little of it: nothing, in any state."""

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.scenes import SCENES, Theatre
from tests.browser.watch import Watch

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
Scheme = Literal["light", "dark"]
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Structure doesn't depend on colours nor on words, so each language is looked at in two of four.
LOOKS: dict[str, list[tuple[ViewportSize, Scheme, dict[str, Any]]]] = {
    "en-GB": [(PHONE, "light", EVERYTHING), (PHONE, "dark", COLOURS)],
    "de-DE": [(DESK, "dark", EVERYTHING), (DESK, "light", COLOURS)],
}


@pytest.fixture(scope="module", params=LOOKS)
def watched_page(browser: Browser, theatre: Theatre, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(base_url=theatre.stage.shop.site, locale=request.param)
    watch = Watch(theatre.stage.shop.site, theatre.stage.stripe.url)
    watch.follow(context)
    for words in ("status of 400", "status of 403", "status of 404", "ERR_INTERNET_DISCONNECTED"):
        watch.expect(words)  # They belong to scenes.
    yield context.new_page()
    context.close()
    assert watch.complaints == []  # No page does what the Content-Security-Policy forbids.


@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing_wrong(watched_page: Page, theatre: Theatre, scene: str) -> None:
    theatre.open(watched_page, scene)

    language = str(watched_page.evaluate("navigator.language"))
    assert [found for look in LOOKS[language] for found in violations(watched_page, *look)] == []


def test_axe_would_find_what_is_wrong(watched_page: Page, theatre: Theatre) -> None:
    theatre.open(watched_page, "Programme: events")
    watched_page.evaluate("document.querySelector('h1').style.color = 'silver'")
    watched_page.evaluate("document.documentElement.lang = ''")

    found = {
        " ".join(violation.split()[:3]) for violation in violations(watched_page, PHONE, "light", EVERYTHING)
    }

    assert found == {"390 light: html-has-lang", "390 light: color-contrast"}


def violations(page: Page, size: ViewportSize, scheme: Scheme, options: dict[str, Any]) -> list[str]:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{size['width']} {scheme}: {rule['id']} at {json.dumps(node['target'])}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
