"""What customers do with a booking of their own: without scripts, and what those add."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

Bought = tuple[str, str]  # a booking's address and its session


@pytest.fixture
def plain(new_customer: NewCustomer) -> Page:
    """A page without scripts, as narrow as phones get."""
    return new_customer(java_script_enabled=False, viewport={"width": 360, "height": 640})


@pytest.fixture
def bought(shop: Shop, stripe: Stripe, seats: Pair) -> Bought:
    """Two seats of the same price that were paid for, with their tickets."""
    checkout = shop.open_checkout(*seats)
    stripe.pay(checkout["session_id"])
    return f"/bookings/{checkout['booking']}/", checkout["session_id"]


def open_confirmed(page: Page, address: str) -> None:
    """Open a booking's page, however long the shop takes to hear of the payment."""
    page.goto(address)
    reload_until(page, lambda: page.get_by_text("Confirmed", exact=True).count() == 1)


def reload_until(page: Page, is_there: Callable[[], bool]) -> None:
    for _try in range(50):
        if is_there():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(page.get_by_role("main").inner_text())


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Any:
    return page.get_by_role("link", name=name, exact=True)


def test_one_of_two_tickets_is_given_back_without_scripts(plain: Page, bought: Bought, seats: Pair) -> None:
    given, kept = seats
    open_confirmed(plain, bought[0])
    link(plain, "Cancel tickets").click()
    button(plain, "Continue").click()
    expect(plain.get_by_role("alert")).to_have_text("Choose at least one seat to cancel.")
    plain.get_by_label(given).check()
    button(plain, "Continue").click()
    expect(plain.get_by_text("Cancellation fee", exact=True)).to_be_visible()
    button(plain, "Cancel 1 ticket").click()

    expect(plain.get_by_role("heading", name="Refunds")).to_be_visible()
    stub = plain.locator(".admission", has=plain.get_by_text(given, exact=True))
    expect(stub).to_contain_text(re.compile("You asked for a refund|This ticket was refunded"))
    reload_until(plain, lambda: plain.get_by_text("The cancellation fee was").count() > 0)
    expect(
        plain.locator(".admission", has=plain.get_by_text(kept, exact=True)).locator("img")
    ).to_be_visible()


def test_all_tickets_are_given_back_and_the_page_follows_by_itself(
    page: Page, bought: Bought, seats: Pair
) -> None:
    open_confirmed(page, bought[0])
    link(page, "Cancel tickets").click()
    for seat in seats:
        page.get_by_label(seat).check()
    button(page, "Continue").click()
    button(page, "Cancel 2 tickets").click()

    expect(page.get_by_role("heading", name="This booking is cancelled")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("was refunded. The cancellation fee was")
    pages.expect_free(page, *seats)


def test_a_booking_page_turns_to_tickets_by_itself(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    checkout = shop.open_checkout(*seats)
    page.goto(f"/bookings/{checkout['booking']}/")
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    pages.mark(page)

    stripe.pay(checkout["session_id"])

    expect(page.locator(".admission-seat")).to_have_text(list(seats))
    expect(page.locator("[data-news]")).to_have_text("Paid. Your tickets are below.")
    assert pages.is_marked(page)


def test_a_page_that_says_what_did_not_work_follows_by_itself_all_the_same(
    page: Page, shop: Shop, stripe: Stripe, watch: Watch, seats: Pair
) -> None:
    watch.expect("503 (Service Unavailable)")
    checkout = shop.open_checkout(*seats)
    page.goto(f"/bookings/{checkout['booking']}/")
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=None)
    button(page, "Continue to payment").click()
    expect(page.get_by_role("alert")).to_contain_text("We can’t reach the payment provider")
    pages.mark(page)
    stripe.clear_faults()

    stripe.pay(checkout["session_id"])

    expect(page.locator(".admission-seat")).to_have_text(list(seats))
    expect(page.get_by_text("We emailed your tickets to")).to_be_visible()
    assert pages.is_marked(page)


def test_an_unpaid_booking_is_cancelled_and_booked_again_without_scripts(
    plain: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    checkout = shop.open_checkout(*seats)
    plain.goto(f"/bookings/{checkout['booking']}/")
    link(plain, "Cancel booking").click()
    button(plain, "Cancel booking").click()
    expect(plain.get_by_role("heading", name="This booking is cancelled")).to_be_visible()

    button(plain, "Book these seats again").click()
    session_id = pages.session_on(plain)

    assert session_id != checkout["session_id"]
    assert stripe.session(checkout["session_id"])["status"] == "expired"


def test_an_open_payment_is_continued_from_the_booking(plain: Page, shop: Shop, seats: Pair) -> None:
    checkout = shop.open_checkout(*seats)
    plain.goto(f"/bookings/{checkout['booking']}/")
    button(plain, "Continue to payment").click()

    assert pages.session_on(plain) == checkout["session_id"]


def test_a_ticket_gets_another_name_without_scripts(plain: Page, bought: Bought, seats: Pair) -> None:
    open_confirmed(plain, bought[0])
    old = pages.address_of(plain, "Open the ticket")
    plain.get_by_role("link", name=f"Change the name for seat {seats[0]}").click()
    plain.get_by_label("Who is it for?").fill("Grace Hopper")
    button(plain, "Change the name").click()

    words = f"The name on {seats[0]} is now Grace Hopper. The old code has stopped working."
    expect(plain.get_by_role("status").filter(has_text=words)).to_be_visible()
    assert plain.url.endswith(bought[0])
    expect(plain.locator(".admission").first).to_contain_text("Grace Hopper")
    assert pages.address_of(plain, "Open the ticket") != old


def test_tickets_come_by_mail_once_more_without_scripts(plain: Page, bought: Bought) -> None:
    open_confirmed(plain, bought[0])
    for _time in range(3):
        with plain.expect_navigation():
            button(plain, "Email tickets again").click()
        expect(plain.get_by_text(re.compile("on their way to|We emailed your tickets"))).to_be_visible()

    expect(button(plain, "Email tickets again")).to_have_count(0)


def test_choosing_and_giving_back_needs_no_mouse(page: Page, bought: Bought, seats: Pair) -> None:
    open_confirmed(page, bought[0])
    link(page, "Cancel tickets").press("Enter")
    page.get_by_label(seats[0]).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    button(page, "Cancel 1 ticket").press("Enter")

    expect(page.get_by_role("heading", name="Refunds")).to_be_visible()
