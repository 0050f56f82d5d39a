"""A customer's list of bookings, which keeps itself in step with the shop."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.accounts import sign_in
from tests.browser.support.bookings import (
    BOOKINGS,
    SYNC,
    buy,
    card,
    cards,
    expect_held,
    expect_state,
    expect_status,
    note_questions,
    said,
)
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

MINUTES = 60_000  # ms
# And the reconciler isn't to be the one who asks.
MAKE_OLD = """
    WITH booking AS (UPDATE bookings_booking SET created_at = created_at - interval '11 minutes'
                      WHERE reference = %s RETURNING id)
    UPDATE payments_payment AS payment SET next_check_at = now() + interval '1 day'
      FROM booking WHERE booking_id = booking.id
    RETURNING payment.id
"""
LATE = "This is taking longer than usual. Nothing is lost."


@pytest.fixture
def email(seats: Pair) -> str:
    """An address of this test alone."""
    return f"dashboard-{seats[0].lower()}@example.com"


@pytest.fixture
def bookings(page: Page, shop: Shop, email: str) -> Page:
    """The page of somebody who has just signed in for the first time."""
    sign_in(page, shop, email)
    expect_state(page, "current")
    pages.mark(page)
    return page


@pytest.fixture
def deaf(stripe: Stripe) -> Iterator[Stripe]:
    """Stripe, of which the shop hears neither events nor its list of them."""
    stripe.withhold()
    stripe.fault("GET /v1/events*", "500_before", times=None)
    yield stripe
    stripe.clear_faults()


@pytest.fixture
def silent(stripe: Stripe) -> Iterator[Stripe]:
    """Stripe, which tells the shop nothing, and doesn't answer about sessions."""
    stripe.withhold()
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=None)
    yield stripe
    stripe.clear_faults()


def refresh(page: Page) -> None:
    page.get_by_role("button", name="Refresh").click()


def test_a_page_without_bookings_shows_the_way_to_the_programme(bookings: Page) -> None:
    expect(bookings.get_by_role("heading", name="No bookings yet")).to_be_visible()
    bookings.get_by_role("link", name="See what’s on").click()
    expect(bookings.get_by_role("link", name="Demo Night")).to_be_visible()


def test_a_booking_appears_and_becomes_tickets_without_a_reload(
    bookings: Page, shop: Shop, stripe: Stripe, seats: Pair, email: str
) -> None:
    booking = buy(shop, *seats, email=email)
    expect_status(bookings, booking, "Waiting for payment")
    expect(bookings.get_by_text("No bookings yet")).to_be_hidden()

    stripe.pay(booking["session_id"])

    expect_status(bookings, booking, "Confirmed")
    expect(card(bookings, booking).get_by_role("link", name=re.compile("^Ticket"))).to_have_text(
        [f"Ticket {label}" for label in seats]
    )
    assert pages.is_marked(bookings)


def test_a_change_is_said_once_and_the_focus_stays(
    bookings: Page, shop: Shop, stripe: Stripe, seats: Pair, email: str
) -> None:
    other = buy(shop, seats[0], email=email)
    booking = buy(shop, seats[1], email=email)
    expect(cards(bookings)).to_have_count(2)
    title = card(bookings, booking).get_by_role("link", name="Demo Night", exact=True)
    title.focus()

    stripe.pay(booking["session_id"])

    expect_status(bookings, booking, "Confirmed")
    expect(title).to_be_focused()
    expect(said(bookings)).to_have_text("Demo Night: Paid. Your tickets are below.")
    stripe.pay(other["session_id"])
    expect_status(bookings, other, "Confirmed")
    expect(title).to_be_focused()


def test_what_was_bought_on_the_way_is_there_when_the_page_is_looked_at_again(
    bookings: Page, stripe: Stripe, seats: Pair, email: str
) -> None:
    pages.order(bookings, *seats, email=email)
    pages.pay(bookings)
    pages.expect_tickets(bookings, *seats)

    bookings.goto(BOOKINGS)

    expect(cards(bookings)).to_have_count(1)
    expect(cards(bookings).get_by_text("Confirmed")).to_be_visible()


def test_pressed_again_and_again_refresh_asks_once(bookings: Page) -> None:
    questions = note_questions(bookings)

    with bookings.expect_response(f"**{SYNC}"):
        bookings.get_by_role("button", name="Refresh").click(click_count=3)
    expect_state(bookings, "current")

    assert len([it for it in questions if "prefer" not in it.headers]) == 1


def test_without_network_the_page_says_so_and_goes_on_once_it_is_back(
    bookings: Page, shop: Shop, watch: Watch, seats: Pair, email: str
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    booking = buy(shop, *seats, email=email)
    expect(cards(bookings)).to_have_count(1)

    bookings.context.set_offline(True)
    expect(bookings.get_by_text("You’re offline.")).to_be_visible()
    expect_status(bookings, booking, "Waiting for payment")
    shop.stripe.pay(booking["session_id"])
    bookings.context.set_offline(False)

    expect_status(bookings, booking, "Confirmed")
    expect(bookings.get_by_text("You’re offline.")).to_be_hidden()
    assert pages.is_marked(bookings)


def test_while_the_shop_is_away_the_page_says_so_calmly(bookings: Page, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    away = bookings.get_by_text("We can’t reach the box office")
    bookings.context.route(f"**{SYNC}", lambda route: route.abort())
    refresh(bookings)
    expect(away).to_be_visible()

    bookings.context.unroute(f"**{SYNC}")

    expect(away).to_be_hidden()
    expect_state(bookings, "current")


def test_after_ten_minutes_a_booking_says_what_happens_next(
    page: Page, shop: Shop, email: str, seats: Pair
) -> None:
    page.clock.install()
    sign_in(page, shop, email)
    booking = buy(shop, *seats, email=email)
    expect(cards(page)).to_have_count(1)
    late = card(page, booking).get_by_role("heading", name=LATE)
    page.clock.fast_forward(9 * MINUTES)
    expect(late).to_be_hidden()

    page.clock.fast_forward(1 * MINUTES)
    page.clock.run_for(MINUTES // 10)

    expect(late).to_be_visible()


def make_late(page: Page, shop: Shop, booking: dict[str, str]) -> None:
    """Let ten minutes have passed since a booking was made, and look again."""
    shop.rows(MAKE_OLD, booking["booking"])
    refresh(page)
    expect(card(page, booking).get_by_role("heading", name=LATE)).to_be_visible()


def test_check_again_finds_what_the_shop_was_never_told(
    bookings: Page, shop: Shop, deaf: Stripe, seats: Pair, email: str
) -> None:
    booking = buy(shop, *seats, email=email)
    expect(cards(bookings)).to_have_count(1)
    make_late(bookings, shop, booking)
    deaf.pay(booking["session_id"])

    card(bookings, booking).get_by_role("button", name="Check again").click()

    expect_status(bookings, booking, "Confirmed")
    assert pages.is_marked(bookings)


def test_check_again_says_so_when_stripe_is_silent(
    bookings: Page, shop: Shop, silent: Stripe, watch: Watch, seats: Pair, email: str
) -> None:
    watch.expect("503 (Service Unavailable)")
    booking = buy(shop, *seats, email=email)
    expect(cards(bookings)).to_have_count(1)
    make_late(bookings, shop, booking)

    card(bookings, booking).get_by_role("button", name="Check again").click()

    expect(card(bookings, booking).get_by_text("reach the payment provider right now")).to_be_visible()
    expect(said(bookings)).to_have_text("We can’t reach the payment provider right now. We’ll keep trying.")
    expect_status(bookings, booking, "Waiting for payment")


def test_without_scripts_the_page_is_true_and_everything_works(
    new_customer: NewCustomer, shop: Shop, deaf: Stripe, seats: Pair, email: str
) -> None:
    page = new_customer(java_script_enabled=False)
    sign_in(page, shop, email)
    booking = buy(shop, *seats, email=email)
    shop.rows(MAKE_OLD, booking["booking"])
    refresh(page)
    expect_status(page, booking, "Waiting for payment")
    expect(page.get_by_text("As of")).to_be_visible()
    deaf.pay(booking["session_id"])

    card(page, booking).get_by_role("button", name="Check again").click()

    expect_status(page, booking, "Confirmed")
    card(page, booking).get_by_role("link", name=f"Ticket {seats[0]}").click()
    expect(page.get_by_role("img", name="QR code of the ticket")).to_be_visible()


def test_the_debug_switch_makes_the_page_tell_what_it_does(
    bookings: Page, shop: Shop, seats: Pair, email: str
) -> None:
    told: list[str] = []
    bookings.on("console", lambda message: told.append(message.text))
    bookings.evaluate("localStorage.setItem('admit-debug', '')")
    bookings.reload()
    expect_held(shop, 1)

    booking = buy(shop, *seats, email=email)

    expect_status(bookings, booking, "Waiting for payment")
    assert "bookings: was answered 200" in told
    assert "bookings: has drawn 1 of 1" in told
