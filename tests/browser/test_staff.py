"""A bad evening at the box office: "I paid", and the page says it waits."""

import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.clerk import hire
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.support.patience import wait_for

MAILED = """
    SELECT booking.id FROM bookings_booking AS booking JOIN payments_payment ON booking_id = booking.id
     WHERE session_id = %s AND mailed_at IS NOT NULL
"""


@pytest.fixture
def deaf(stripe: Stripe) -> Iterator[Stripe]:
    """Stripe, of which the shop hears neither events nor its list of them."""
    stripe.withhold()
    stripe.fault("GET /v1/events*", "500_before", times=None)
    yield stripe
    stripe.clear_faults()


def test_i_paid_says_the_customer_and_the_box_office_makes_it_so(
    page: Page, new_customer: NewCustomer, shop: Shop, deaf: Stripe, seats: Pair
) -> None:
    pages.order(page, *seats, email="unheard@example.com")
    pages.pay(page)
    pages.expect_confirming(page)
    pages.mark(page)
    clerk = hire(shop, "Box office", new_customer())
    began = time.monotonic()

    clerk.log_in()
    clerk.find("unheard@example.com")
    expect(clerk.page.get_by_text("Paid at Stripe, not here yet.")).to_be_visible()
    understood, clicks = time.monotonic(), clerk.clicks
    clerk.ask("Stands at the door with the receipt on the phone.")
    clerk.expect_told("Updated from Stripe: Pending is now Succeeded.")
    pages.expect_tickets(page, *seats)

    assert pages.is_marked(page)  # The customer touched nothing.
    expect(clerk.page.get_by_text("Check with Stripe: Stands at the door")).to_be_visible()
    sys.stdout.write(
        f"\nunderstood after {clicks} clicks and {understood - began:.1f} s, "
        f"repaired after {clerk.clicks} and {time.monotonic() - began:.1f} s\n"
    )


def test_it_works_by_keyboard_and_without_javascript(
    new_customer: NewCustomer, shop: Shop, deaf: Stripe, seats: Pair
) -> None:
    session = str(shop.open_checkout(*seats)["session_id"])
    deaf.pay(session)
    clerk = hire(shop, "Finance", new_customer(java_script_enabled=False))
    clerk.log_in()
    staff = clerk.page

    expect(staff.get_by_role("searchbox", name="Find a payment")).to_be_focused()
    staff.keyboard.type(session)
    staff.keyboard.press("Enter")
    staff.get_by_role("link", name="Check with Stripe").press("Enter")
    staff.get_by_label("Why?").press("Enter")
    expect(staff.get_by_role("alert")).to_contain_text("Nothing was changed.")
    staff.get_by_label("Why?").fill("No word came")
    staff.get_by_label("Why?").press("Enter")
    clerk.expect_told("Updated from Stripe: Pending is now Succeeded.")
    wait_for(lambda: shop.rows(MAILED, session), "the tickets are mailed")  # Staff decide by that, too.

    staff.get_by_role("link", name="Refund", exact=True).press("Enter")
    staff.get_by_label("Selected tickets").press("Space")
    ticket = staff.locator("label").filter(has_text=f"{seats[0]}, ")
    ticket.get_by_role("checkbox").press("Space")
    price = ticket.inner_text().strip().split(", ")[1]
    staff.get_by_label("Type the refund amount").fill(price)
    staff.get_by_label("Why?").fill("Can’t come")
    staff.get_by_label("Why?").press("Enter")
    clerk.expect_told("Sending the refund to Stripe.")
    expect(staff.get_by_role("region", name="Refunds")).to_contain_text(price)


def test_comparing_marks_what_differs_in_words(
    new_customer: NewCustomer, shop: Shop, deaf: Stripe, seats: Pair
) -> None:
    session = str(shop.open_checkout(*seats)["session_id"])
    deaf.pay(session)
    clerk = hire(shop, "Box office", new_customer())
    clerk.log_in()
    clerk.find(session)

    clerk.click(clerk.page.get_by_role("link", name="Compare with Stripe"))

    row = clerk.page.get_by_role("row").filter(has_text="Payment intent")
    expect(row).to_contain_text("≠ differs")
    expect(clerk.page.get_by_text("At Stripe: Paid")).to_be_visible()


def test_the_shops_colours_are_drawn_while_they_are_chosen(new_customer: NewCustomer, shop: Shop) -> None:
    clerk = hire(shop, "Events", new_customer())
    clerk.log_in()
    clerk.page.goto("/admin/branding/shop/")

    clerk.page.locator("[name=brand_colour]").fill("#aa0000")
    expect(clerk.page.locator(".shop-preview rect[fill='#aa0000']").first).to_be_visible()
    clerk.page.locator("[name=action_colour]").fill("#ffcc00")
    expect(clerk.page.get_by_text("Links use a darker shade")).to_be_visible()

    assert shop.rows("SELECT count(*) FROM branding_shop") == [(0,)]
