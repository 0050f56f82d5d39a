"""Leaving Stripe's page: by its cancel link, or with the browser's back button."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Stripe


def test_cancelling_on_stripes_page_frees_the_seats_at_once(page: Page, stripe: Stripe, seats: Pair) -> None:
    session = pages.order(page, *seats)
    page.get_by_role("link", name="Back to").click()
    expect(pages.heading(page, "Your booking is cancelled")).to_be_visible()
    words = f"Nothing was charged, and we’ve released your seats {', '.join(seats)}."
    expect(page.get_by_text(words)).to_be_visible()
    assert stripe.session(session)["status"] == "expired"
    page.get_by_role("link", name="Back to the seat map").click()
    pages.expect_free(page, *seats)
    expect(pages.held(page)).to_have_count(0)


def test_the_back_button_leads_to_seats_that_are_held_and_on_to_the_same_checkout(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    session = pages.order(page, *seats)
    page.go_back()
    expect(pages.held(page)).to_contain_text(f"We’re holding your seats {', '.join(seats)} until")
    pages.held(page).get_by_role("link", name="Continue to payment").click()
    assert pages.session_on(page) == session
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    page.goto(pages.EVENT)
    expect(pages.held(page)).to_have_count(0)


def test_letting_go_of_held_seats_frees_them_and_closes_the_checkout(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    session = pages.order(page, *seats)
    page.go_back()
    pages.held(page).get_by_role("button", name="Release seats").click()
    expect(pages.heading(page, "Your booking is cancelled")).to_be_visible()
    assert stripe.session(session)["status"] == "expired"
    pages.expect_free(page, *seats)
    expect(pages.held(page)).to_have_count(0)


def test_nobody_else_is_told_of_held_seats(page: Page, new_customer: NewCustomer, seats: Pair) -> None:
    pages.order(page, *seats)
    stranger = new_customer()
    pages.expect_taken(stranger, *seats)
    expect(pages.held(stranger)).to_have_count(0)


def test_cancelling_after_paying_cancels_nothing(page: Page, stripe: Stripe, seats: Pair) -> None:
    session = pages.order(page, *seats)
    cancel = pages.address_of(page, "Back to")
    stripe.pay(session)
    page.goto(cancel)
    expect(pages.heading(page, "You’ve already paid")).to_be_visible()
    page.get_by_role("link", name="See your tickets").click()
    pages.expect_tickets(page, *seats)


def test_the_back_button_after_paying_leads_on_to_the_tickets(page: Page, seats: Pair) -> None:
    pages.order(page, *seats)
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    page.go_back()
    expect(pages.heading(page, "You're all done here")).to_be_visible()
    page.get_by_role("link", name="Continue to").click()
    pages.expect_tickets(page, *seats)
