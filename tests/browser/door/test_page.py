"""The door for everybody: narrow, enlarged, in the dark, in the sun, by ear, by keys, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.door.phone import Phone
from tests.browser.support.axe import COLOURS, EVERYTHING, violations
from tests.browser.support.door import OpenDoors
from tests.browser.support.pages import NewCustomer
from tests.browser.support.reach import out_of_reach, too_narrow
from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE

SMALL = ViewportSize(width=320, height=640)  # also what 640 px are at 200 %
ENHANCED = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}


def complaints(page: Page) -> list[str]:
    """Return what is wrong with the page as it is shown, in both schemes and in a narrow window."""
    return [
        *violations(page, SMALL, "light", EVERYTHING),
        *violations(page, SMALL, "dark", COLOURS),
        *too_narrow(page),
    ]


def test_the_page_that_pairs_is_for_everybody(new_customer: NewCustomer) -> None:
    page = new_customer()
    page.goto("/door/")

    assert complaints(page) == []
    assert out_of_reach(page) == []


def test_the_page_that_scans_is_for_everybody(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.page.goto("/door/")
    assert complaints(phone.page) == []

    phone.start(camera=False)
    phone.scan(guest.token)
    phone.expect_verdict("admitted", "Welcome")
    assert complaints(phone.page) == []
    phone.scan("not a ticket")
    phone.expect_verdict("invalid", "Not our ticket")
    assert complaints(phone.page) == []
    phone.go_on()

    assert complaints(phone.page) == []
    assert out_of_reach(phone.page) == []


def test_in_the_sun_every_word_has_the_highest_contrast(phone: Phone) -> None:
    phone.start(camera=False)
    phone.page.get_by_role("button", name="Bright").click()

    assert violations(phone.page, SMALL, "dark", ENHANCED) == []
    assert too_narrow(phone.page) == []
    phone.scan("not a ticket")
    phone.expect_verdict("invalid", "Not our ticket")
    assert violations(phone.page, SMALL, "light", ENHANCED) == []
    phone.page.reload()
    expect(phone.page.get_by_role("button", name="Bright", pressed=True)).to_be_visible()


def test_who_asks_for_more_contrast_has_it(phone: Phone) -> None:
    phone.page.emulate_media(contrast="more")
    phone.page.goto("/door/")

    expect(phone.page.get_by_role("button", name="Bright", pressed=True)).to_be_visible()


def test_a_screen_reader_is_told_the_verdict(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start(camera=False)
    phone.scan(guest.token)

    expect(phone.page.get_by_role("alert").filter(has_text="Welcome")).to_contain_text(guest.seat)
    expect(phone.page.get_by_role("button", name="Next")).to_be_focused()


def test_each_answer_has_its_sound(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start(camera=False)

    phone.scan("not a ticket")
    expect(phone.page.locator("html[data-sound=stop]")).to_be_attached()
    phone.scan(guest.token)
    expect(phone.page.locator("html[data-sound=come]")).to_be_attached()


def test_after_a_minute_without_a_code_the_camera_rests(doors: OpenDoors, phone: Phone) -> None:
    phone.page.clock.install()
    phone.start()

    phone.page.clock.fast_forward(60_000)
    phone.expect_camera("asleep")
    phone.page.get_by_role("button", name="Tap to scan").click()

    phone.expect_camera("open")
    assert phone.page.evaluate("asked") == 1  # iOS asks for leave each time


@pytest.fixture
def without_script(browser: Browser, shop: Shop, doors: OpenDoors) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(base_url=shop.site, java_script_enabled=False)
    context.set_default_timeout(PATIENCE * 1000)
    doors.pair(context, gate="West")
    yield context.new_page()
    context.close()


def test_without_scripts_codes_are_typed_and_guests_found(doors: OpenDoors, without_script: Page) -> None:
    one, two, page = next(doors.guests), next(doors.guests), without_script
    page.goto("/door/")
    expect(page.get_by_role("button", name="Open camera")).to_have_count(0)

    page.get_by_label("Ticket code").fill(one.token)
    page.locator("[data-typed]").get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert").filter(has_text="Welcome")).to_contain_text(one.seat)
    page.get_by_label("Name, booking number or seat").fill(two.seat)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("listitem").filter(has_text=two.seat).get_by_role("button", name="Check").click()

    expect(page.get_by_role("alert").filter(has_text="Welcome")).to_contain_text(two.seat)


def test_a_name_is_looked_for(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start(camera=False)

    phone.page.get_by_label("Name, booking number or seat").fill(guest.seat)
    phone.page.get_by_role("button", name="Search").click()
    found = phone.page.locator("[data-found] li").filter(has_text=guest.seat).first
    found.get_by_role("button", name="Check").click()

    phone.expect_verdict("admitted", "Welcome", guest.seat)


def test_the_page_is_light(phone: Phone) -> None:
    sent: list[int] = []
    phone.page.on("requestfinished", lambda it: sent.append(it.sizes()["responseBodySize"]))
    phone.page.goto("/door/")
    phone.page.wait_for_load_state("networkidle")

    assert sum(sent) < 60_000
