"""Cancelling from the list of bookings: shown at once in every tab, and taken back if it comes to nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.support.accounts import sign_in
from tests.browser.support.bookings import (
    BOOKINGS,
    buy,
    card,
    expect_state,
    expect_status,
    note_questions,
    said,
)
from tests.browser.support.pages import Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

END_THE_DEADLINE = "UPDATE bookings_event SET cancellable_until = now() - interval '1 hour' RETURNING id"
MOVE_THE_DEADLINE = "UPDATE bookings_event SET cancellable_until = starts_at - interval '1 day' RETURNING id"
GIVEN_BACK = re.compile(r"^(Refund on its way|Cancelled)$")  # by whether the worker has sent it yet
REFUNDS = """
    SELECT refund.amount FROM payments_refund AS refund JOIN payments_payment AS paid ON payment_id = paid.id
     WHERE session_id = %s
"""


@pytest.fixture
def email(seats: Pair) -> str:
    return f"cards-{seats[0].lower()}@example.com"


@pytest.fixture
def tabs(page: Page, shop: Shop, email: str) -> tuple[Page, Page]:
    """Two tabs of somebody who has just signed in."""
    sign_in(page, shop, email)
    other = page.context.new_page()
    other.goto(BOOKINGS)
    for tab in (page, other):
        expect_state(tab, "current")
    return page, other


@pytest.fixture
def paid(shop: Shop, stripe: Stripe, tabs: tuple[Page, Page], seats: Pair, email: str) -> Any:
    """A booking of two seats, whose tickets both tabs show."""
    booking = buy(shop, *seats, email=email)
    stripe.pay(booking["session_id"])
    for tab in tabs:
        expect_status(tab, booking, "Confirmed")
    return booking


def open_dialog(page: Page, booking: Any) -> Locator:
    card(page, booking).get_by_role("link", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def choose_all(dialog: Locator) -> Locator:
    for box in dialog.get_by_role("checkbox").all():
        box.check()
    return dialog


def confirm(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Cancel").click()


class Gate:
    """Holds the question that cancels on its way, until the test lets it go on."""

    def __init__(self, page: Page) -> None:
        self._held: list[Route] = []
        page.route("**/api/bookings/*/cancel*", lambda route: self._held.append(route))
        self._page = page

    def wait(self) -> Route:
        while not self._held:
            self._page.wait_for_timeout(10)
        return self._held.pop()


def test_one_of_two_seats_is_given_back(tabs: tuple[Page, Page], paid: Any, seats: Pair) -> None:
    page, other = tabs
    dialog = open_dialog(page, paid)
    given, kept = seats
    choose_all(dialog)
    expect(dialog.get_by_role("button", name="Cancel 2 tickets")).to_be_visible()
    all_back = dialog.locator("[data-total]").inner_text()
    dialog.get_by_role("checkbox", name=kept).uncheck()
    expect(dialog.locator("[data-total]")).not_to_have_text(all_back)

    dialog.get_by_role("button", name="Cancel 1 ticket").click()

    for tab in (page, other):
        ticket = card(tab, paid).get_by_role("listitem").filter(has_text=f"Ticket {given}")
        expect(ticket).to_contain_text(re.compile("on hold|refunded"))
        expect(card(tab, paid).get_by_role("listitem").filter(has_text=f"Ticket {kept}")).to_have_text(
            f"Ticket {kept}"
        )


def test_without_a_seat_there_is_nothing_to_confirm(tabs: tuple[Page, Page], paid: Any, seats: Pair) -> None:
    dialog = open_dialog(tabs[0], paid)
    button = dialog.get_by_role("button", name="Cancel tickets")
    expect(button).to_be_disabled()
    expect(dialog.get_by_role("status")).to_have_text(
        "Choose the seats that you want to cancel.", use_inner_text=True
    )

    button.press("Enter")

    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("checkbox", name=seats[0])).to_be_focused()


def test_it_shows_at_once_in_both_tabs_that_it_is_being_done(tabs: tuple[Page, Page], paid: Any) -> None:
    page, other = tabs
    gate = Gate(page)

    confirm(choose_all(open_dialog(page, paid)))

    for tab in (page, other):
        expect_status(tab, paid, "Cancelling…")
        expect(card(tab, paid).get_by_role("link", name="Cancel")).to_be_hidden()
    gate.wait().continue_()
    for tab in (page, other):
        expect_status(tab, paid, GIVEN_BACK)


def test_a_refusal_brings_back_what_was_with_the_reason_in_both_tabs(
    tabs: tuple[Page, Page], paid: Any, shop: Shop, watch: Watch
) -> None:
    watch.expect("409 (Conflict)")
    page, other = tabs
    dialog = choose_all(open_dialog(page, paid))
    shop.rows(END_THE_DEADLINE)
    try:
        confirm(dialog)

        for tab in (page, other):
            # Drawn anew, since it can't be cancelled any more; the reason is still there.
            expect(card(tab, paid).get_by_role("link", name="Cancel")).to_have_count(0)
            expect(card(tab, paid).get_by_text("You could cancel until")).to_be_visible()
            expect_status(tab, paid, "Confirmed")
    finally:
        shop.rows(MOVE_THE_DEADLINE)
    assert shop.rows(REFUNDS, paid["session_id"]) == []


def test_a_shop_that_is_away_leaves_it_as_it_was_and_says_that_it_isnt_known(
    tabs: tuple[Page, Page], paid: Any, shop: Shop, watch: Watch
) -> None:
    watch.expect("ERR_FAILED")
    page, other = tabs
    page.route("**/api/bookings/*/cancel*", lambda route: route.abort())

    confirm(choose_all(open_dialog(page, paid)))

    for tab in (page, other):
        expect(card(tab, paid).get_by_text("we don’t know yet whether this was cancelled")).to_be_visible()
        expect_status(tab, paid, "Confirmed")
    expect(said(page)).to_contain_text("we don’t know yet")
    assert shop.rows(REFUNDS, paid["session_id"]) == []


def test_whoever_was_offline_reads_that_it_was_not_cancelled_once_the_connection_is_back(
    tabs: tuple[Page, Page], paid: Any, watch: Watch
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    page, other = tabs
    dialog = choose_all(open_dialog(page, paid))
    page.context.set_offline(True)
    confirm(dialog)
    for tab in (page, other):
        expect(card(tab, paid).get_by_text("we don’t know yet whether this was cancelled")).to_be_visible()
    page.evaluate("now = performance.now.bind(performance), performance.now = () => now() + 6_000")

    page.context.set_offline(False)

    for tab in (page, other):
        expect(card(tab, paid).get_by_text("and this wasn’t cancelled")).to_be_visible()
    expect(said(page)).to_contain_text("You can try again.")
    confirm(choose_all(open_dialog(page, paid)))
    for tab in (page, other):
        expect_status(tab, paid, GIVEN_BACK)
        expect(card(tab, paid).locator("[data-reason]")).to_be_empty()


def test_whose_answer_got_lost_sees_all_the_same_that_it_was_done(
    tabs: tuple[Page, Page], paid: Any, shop: Shop, watch: Watch
) -> None:
    watch.expect("ERR_FAILED")
    page, other = tabs
    gate = Gate(page)
    confirm(choose_all(open_dialog(page, paid)))
    lost = gate.wait()

    lost.fetch()
    lost.abort()

    for tab in (page, other):
        expect_status(tab, paid, GIVEN_BACK)
    assert len(shop.rows(REFUNDS, paid["session_id"])) == 1


def test_what_is_being_cancelled_in_one_tab_isnt_asked_for_in_another(
    tabs: tuple[Page, Page], paid: Any, shop: Shop
) -> None:
    page, other = tabs
    questions = note_questions(page, "/cancel")
    first, second = (choose_all(open_dialog(tab, paid)) for tab in tabs)
    gate = Gate(page)

    confirm(first)
    expect_status(other, paid, "Cancelling…")
    confirm(second)
    gate.wait().continue_()

    for tab in tabs:
        expect_status(tab, paid, GIVEN_BACK)
    assert len(questions) == 1
    assert len(shop.rows(REFUNDS, paid["session_id"])) == 1


def test_an_impatient_second_click_asks_no_second_time(
    tabs: tuple[Page, Page], paid: Any, shop: Shop
) -> None:
    page, _other = tabs
    questions = note_questions(page, "/cancel")

    choose_all(open_dialog(page, paid)).get_by_role("button", name="Cancel").dblclick()

    expect_status(page, paid, GIVEN_BACK)
    assert len(questions) == 1
    assert len(shop.rows(REFUNDS, paid["session_id"])) == 1


def test_what_isnt_paid_is_cancelled_for_nothing(
    tabs: tuple[Page, Page], shop: Shop, seats: Pair, email: str
) -> None:
    page, other = tabs
    booking = buy(shop, *seats, email=email)
    dialog = open_dialog(page, booking)
    expect(dialog).to_contain_text("You haven’t been charged")

    confirm(dialog)

    for tab in (page, other):
        expect_status(tab, booking, "Cancelled")


def test_the_keyboard_opens_leaves_and_confirms(tabs: tuple[Page, Page], paid: Any) -> None:
    page, _other = tabs
    link = card(page, paid).get_by_role("link", name="Cancel")
    link.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()

    link.press("Enter")
    for _seat in range(2):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.get_by_role("dialog").get_by_role("button", name="Cancel 2 tickets").press("Enter")

    expect_status(page, paid, GIVEN_BACK)
    expect(card(page, paid).get_by_role("link", name="Demo Night", exact=True)).to_be_focused()


def test_without_scripts_the_link_leads_to_the_page_that_cancels(
    tabs: tuple[Page, Page], paid: Any, shop: Shop
) -> None:
    page, _other = tabs

    page.goto(str(card(page, paid).get_by_role("link", name="Cancel").get_attribute("href")))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("fee")
