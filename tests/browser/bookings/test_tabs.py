"""Several tabs of one browser: one asks for all, and all show the same."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.accounts import sign_in
from tests.browser.support.bookings import (
    BOOKINGS,
    askers,
    buy,
    card,
    cards,
    expect_held,
    expect_state,
    expect_status,
    note_questions,
    open_tabs,
)
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"
NO_CHANNEL = "delete globalThis.BroadcastChannel"
HIDDEN = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"


def test_five_tabs_hold_one_question_and_all_show_what_it_brings(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    sign_in(page, shop, "five@example.com")
    tabs = open_tabs(page, 4)
    questions = note_questions(page)

    booking = buy(shop, *seats, email="five@example.com")
    for tab in tabs:
        expect_status(tab, booking, "Waiting for payment")
    stripe.pay(booking["session_id"])
    for tab in tabs:
        expect_status(tab, booking, "Confirmed")

    assert askers(questions) == {tabs[-1]}
    expect_held(shop, 1)


def test_when_the_tab_that_asks_is_closed_another_one_does(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    sign_in(page, shop, "closed@example.com")
    *tabs, leader = open_tabs(page, 2)
    booking = buy(shop, *seats, email="closed@example.com")
    expect_status(leader, booking, "Waiting for payment")

    leader.close()
    expect_held(shop, 1)
    stripe.pay(booking["session_id"])

    for tab in tabs:
        expect_status(tab, booking, "Confirmed")
    expect_held(shop, 1)


def test_the_tab_that_is_looked_at_asks(page: Page, shop: Shop, seats: Pair) -> None:
    sign_in(page, shop, "looked@example.com")
    first, second = open_tabs(page, 1)
    questions = note_questions(page)

    hide_and_show(first)
    buy(shop, *seats, email="looked@example.com")
    expect(cards(second)).to_have_count(1)

    assert askers(questions) == {first}


def hide_and_show(page: Page) -> None:
    """Let a tab believe that it was hidden and is looked at again."""
    page.evaluate(
        f"""() => {{
            {HIDDEN}
            document.dispatchEvent(new Event("visibilitychange"))
            delete document.hidden
            document.dispatchEvent(new Event("visibilitychange"))
        }}"""
    )


def test_two_tabs_of_one_payment_hold_one_question(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    booking = shop.open_checkout(*seats)
    success = f"/payments/success/?session_id={booking['session_id']}"
    questions = note_questions(page, "/api/payment-status")
    with pages.asking(page):
        page.goto(success)
    first, second = open_tabs(page, 1, success)
    pages.expect_confirming(second)
    expect_held(shop, 1)
    questions.clear()

    stripe.withhold()
    stripe.pay(booking["session_id"])
    stripe.tell("completed", booking["session_id"])

    for tab in (first, second):
        pages.expect_tickets(tab, *seats)
    assert len(askers(questions)) <= 1


@pytest.mark.parametrize("missing", [NO_CHANNEL, NO_LOCKS], ids=["without a channel", "without locks"])
def test_an_older_browser_keeps_its_tabs_in_step_too(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair, missing: str
) -> None:
    email = f"older-{seats[0].lower()}@example.com"
    page.context.add_init_script(missing)
    sign_in(page, shop, email)
    tabs = open_tabs(page, 1)

    booking = buy(shop, *seats, email=email)
    stripe.pay(booking["session_id"])

    for tab in tabs:
        expect_status(tab, booking, "Confirmed")
    expect_held(shop, 1 if missing == NO_CHANNEL else 2)
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"


def test_a_settled_page_of_a_payment_hears_what_the_bookings_know(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    sign_in(page, shop, "settled@example.com")
    booking = buy(shop, *seats, email="settled@example.com")
    stripe.pay(booking["session_id"])
    expect_status(page, booking, "Confirmed")
    settled = page.context.new_page()
    settled.goto(f"/payments/success/?session_id={booking['session_id']}")
    pages.expect_tickets(settled, *seats)
    pages.mark(settled)

    stripe.refund(booking["session_id"])

    expect_status(page, booking, "Refunded")
    expect(pages.heading(settled, "Your payment was refunded")).to_be_visible()
    expect(settled.locator(".admission-mark")).to_have_text(["Not valid"] * 2)
    assert pages.is_marked(settled)


def test_many_tabs_of_bookings_leave_a_connection_for_the_next_page(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    """A browser has six to a host, unless the proxy before the shop speaks HTTP/2."""
    stripe.withhold()
    page.context.add_init_script(HIDDEN)
    for _time in range(6):
        ended = shop.open_checkout(*seats)
        httpx.post(f"{shop.site}/api/bookings/{ended['booking']}/cancel").raise_for_status()
        open_tabs(page, 1, f"/bookings/{ended['booking']}/")
    expect_held(shop, 2)
    booking = shop.open_checkout(*seats)
    last = open_tabs(page, 1, f"/bookings/{booking['booking']}/")[1]

    last.evaluate("delete document.hidden, document.dispatchEvent(new Event('visibilitychange'))")
    expect_held(shop, 3)
    stripe.pay(booking["session_id"])
    stripe.tell("completed", booking["session_id"])

    expect(last.locator(".admission-seat")).to_have_text(list(seats))
    expect_held(shop, 3)
    last.evaluate(f"{HIDDEN}; document.dispatchEvent(new Event('visibilitychange'))")
    expect_held(shop, 2)


def test_a_settled_page_of_a_payment_hears_that_a_ticket_was_replaced(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    checkout = shop.open_checkout(*seats)
    stripe.pay(checkout["session_id"])
    page.goto(f"/payments/success/?session_id={checkout['session_id']}")
    pages.expect_tickets(page, *seats)
    pages.mark(page)
    old, kept = pages.ticket_codes(page)
    own = open_tabs(page, 1, f"/tickets/{old}/name/")[1]

    own.get_by_label("Who is it for?").fill("Grace Hopper")
    own.get_by_role("button", name="Change the name").click()

    expect(own.get_by_text("The name on this ticket was changed")).to_be_visible()
    expect(page.locator(f"a[href='/tickets/{old}/']")).to_have_count(0)
    assert pages.ticket_codes(page)[1] == kept
    assert pages.is_marked(page)


def test_who_signs_out_in_one_tab_leaves_nothing_in_any(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("401 (Unauthorized)")
    sign_in(page, shop, "leaving@example.com")
    booking = buy(shop, *seats, email="leaving@example.com")
    *tabs, last = open_tabs(page, 2)
    for tab in tabs:
        expect(cards(tab)).to_have_count(1)
        card(tab, booking).get_by_role("link", name="Cancel").click()
        expect(tab.get_by_role("dialog")).to_be_visible()

    last.goto("/account/logout/")
    last.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()

    for tab in tabs:
        expect_state(tab, "signed-out")
        expect(tab.get_by_text("You’ve signed out")).to_be_visible()
        expect(tab.get_by_text("No bookings yet")).to_be_hidden()
        expect(cards(tab)).to_have_count(0)
        assert booking["booking"] not in tab.content()
    expect_held(shop, 0)
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"


def test_who_signs_out_leaves_no_page_of_a_booking_behind(
    page: Page, shop: Shop, watch: Watch, stripe: Stripe, seats: Pair
) -> None:
    watch.expect("401 (Unauthorized)")
    sign_in(page, shop, "nothing-left@example.com")
    paid, open_one = (buy(shop, seat, email="nothing-left@example.com") for seat in seats)
    stripe.pay(paid["session_id"])
    expect_status(page, paid, "Confirmed")
    ticket = card(page, paid).get_by_role("link", name=f"Ticket {seats[0]}").get_attribute("href")
    addresses = [
        f"/bookings/{paid['booking']}/",
        f"/bookings/{paid['booking']}/cancel/",
        f"/bookings/{paid['booking']}/tickets/",
        f"/payments/success/?session_id={paid['session_id']}",
        f"/payments/success/?session_id={open_one['session_id']}",
        "/account/email/",
        f"{ticket}",
        f"{ticket}name/",
    ]
    tabs = [open_tabs(page, 1, address)[1] for address in addresses]

    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()

    for tab in tabs:
        expect(pages.heading(tab, "You’re signed out")).to_be_visible()
    expect_held(shop, 0)


def test_a_session_that_has_ended_empties_the_page_when_it_asks(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("401 (Unauthorized)")
    sign_in(page, shop, "ended@example.com")
    buy(shop, *seats, email="ended@example.com")
    expect(cards(page)).to_have_count(1)

    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('online'))")  # It asks, unless it has just done so by itself.

    expect_state(page, "signed-out")
    expect(cards(page)).to_have_count(0)


def test_another_person_who_signs_in_sees_their_own_bookings_in_every_tab(
    page: Page, new_customer: NewCustomer, shop: Shop, seats: Pair
) -> None:
    sign_in(page, shop, "first@example.com")
    theirs = buy(shop, seats[0], email="first@example.com")
    expect(cards(page)).to_have_count(1)
    sign_in(new_customer(), shop, "second@example.com")
    other = buy(shop, seats[1], email="second@example.com")
    tab = page.context.new_page()

    page.context.clear_cookies()
    sign_in(tab, shop, "second@example.com")

    for it in (page, tab):
        expect(card(it, other)).to_be_visible()
        expect(cards(it)).to_have_count(1)
        assert theirs["booking"] not in it.content()
    assert page.url.endswith(BOOKINGS)


def test_a_bookings_own_page_and_its_payments_ask_together(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    stripe.withhold()
    booking = shop.open_checkout(*seats)
    own = page.context.new_page()
    own.goto(f"/bookings/{booking['booking']}/")
    expect_held(shop, 1)
    with pages.asking(page):
        page.goto(f"/payments/success/?session_id={booking['session_id']}")
    pages.mark(own)
    expect_held(shop, 1)

    stripe.pay(booking["session_id"])
    stripe.tell("completed", booking["session_id"])

    pages.expect_tickets(page, *seats)
    expect(own.locator(".admission-seat")).to_have_text(list(seats))
    assert pages.is_marked(own)
