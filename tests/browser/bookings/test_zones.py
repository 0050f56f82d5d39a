"""The zone of a time is named for readers whose own clock shows something else."""

import re

from playwright.sync_api import Page, expect

from tests.browser.support.pages import EVENT, NewCustomer


def named(page: Page) -> list[str]:
    """Return the zones that the page names, where it can be seen."""
    page.goto(EVENT)
    page.wait_for_function("!!customElements.get('zone-name')")
    names: list[str] = page.locator("zone-name").evaluate_all(
        "all => all.filter(it => it.checkVisibility()).map(it => it.textContent)"
    )
    return names


def test_a_reader_elsewhere_is_told_whose_clock_it_is(new_customer: NewCustomer) -> None:
    page = new_customer(timezone_id="America/New_York", viewport={"width": 390, "height": 800})

    assert set(named(page)) == {" (UTC)"}
    expect(page.locator(".billing-facts")).to_contain_text(re.compile(r"\d\d:\d\d – \d\d:\d\d \(UTC\)"))
    assert page.locator("html").evaluate("page => page.scrollWidth") == 390


def test_a_reader_whose_clock_agrees_isnt(new_customer: NewCustomer) -> None:
    assert named(new_customer(timezone_id="Africa/Abidjan")) == []
