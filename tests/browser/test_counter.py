"""A shift at the counter, on a tablet: from opening the till to closing it."""

import re

from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.support import pages
from tests.browser.support.clerk import hire
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop
from tests.browser.support.watch import Watch

TABLET, UPRIGHT = ViewportSize(width=1024, height=768), ViewportSize(width=768, height=1024)
CLERK = {"viewport": TABLET, "has_touch": True}


def start(shop: Shop, page: Page, *, amount: str) -> None:
    """Sign in to the counter, and open a till with ``amount``."""
    clerk = hire(shop, "Box office", page)
    clerk.log_in()
    page.goto("/box-office/")
    page.get_by_label("Cash in the till now").fill(amount)
    page.get_by_role("button", name="Open till").click()
    expect(page.get_by_text("Open since")).to_be_visible()


def fits(page: Page) -> bool:
    """Return whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_shift_from_opening_the_till_to_closing_it(
    new_customer: NewCustomer, shop: Shop, seats: Pair, watch: Watch
) -> None:
    counter, customer = new_customer(**CLERK), new_customer()
    start(shop, counter, amount="50")
    customer.goto(pages.EVENT)

    counter.get_by_role("link", name=re.compile("^Demo Night")).click()
    for label in seats:
        pages.seat(counter, label).check()
    expect(counter.locator("[data-chosen]")).to_have_text("2 chosen")
    assert fits(counter)
    counter.get_by_role("button", name="Hold for 2 minutes").click()

    expect(counter.locator("[data-clock]")).to_have_text(re.compile(r"[01]:\d\d"))
    expect(pages.seat(customer, seats[0])).to_have_attribute("data-state", "held")  # Live, for everybody.
    total = counter.locator(".counter-total strong").inner_text()
    expect(counter.get_by_label("Cash received")).to_be_focused()
    counter.keyboard.type("100")
    expect(counter.locator("[data-change]")).to_be_visible()
    counter.set_viewport_size(UPRIGHT)
    assert fits(counter)
    counter.set_viewport_size(TABLET)
    counter.keyboard.press("Enter")

    expect(counter.get_by_role("heading", name=re.compile(r"^C-\d{6} "))).to_contain_text(total)
    expect(counter.get_by_role("status")).to_contain_text("Change")
    expect(pages.seat(customer, seats[0])).to_have_attribute("data-state", "taken")
    expect(counter.get_by_role("link", name="Print on receipt roll")).to_be_visible()

    counter.get_by_role("link", name="Cancel tickets").click()
    counter.get_by_role("checkbox", name=re.compile(f"^{seats[1]},")).uncheck()
    counter.get_by_label("Reason").fill("One of them fell ill")
    counter.get_by_role("button", name="Cancel tickets").click()
    expect(counter.get_by_text("One of them fell ill")).to_be_visible()

    counter.get_by_role("link", name="Events and till").click()
    counter.get_by_role("link", name="View or close").click()
    counter.get_by_label("Counted").fill("10")
    counter.get_by_label("Your name").fill("Grace Hopper")
    watch.expect("409")
    counter.get_by_role("button", name="Close till").click()
    expect(counter.get_by_text("missing. Count again, or enter a reason.")).to_be_visible()
    counter.get_by_label("Reason for the difference").fill("We don't know")
    counter.get_by_role("button", name="Close till").click()
    expect(counter.get_by_text("Counted and signed by Grace Hopper.")).to_be_visible()


def test_it_works_by_keyboard_and_without_javascript(
    new_customer: NewCustomer, shop: Shop, seats: Pair
) -> None:
    counter = new_customer(**CLERK, java_script_enabled=False)
    start(shop, counter, amount="50")

    counter.goto("/box-office/events/demo-night/")
    pages.seat(counter, seats[0]).press("Space")
    counter.get_by_role("button", name="Hold for 2 minutes").press("Enter")
    counter.get_by_label("Cash received").press("Enter")

    expect(counter.get_by_role("heading", name=re.compile(r"^C-\d{6} "))).to_be_visible()
    expect(counter.get_by_text(f"{seats[0]}: Valid")).to_be_visible()
