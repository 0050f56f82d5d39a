"""What the customer reads: on the status API, the success page, the booking page and the cancelled page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Event
from bookings.orders.buyers import Buyer
from bookings.seats.holds import release
from payments.ledger.reseating import reseat
from payments.models import Cause, Payment, Refund
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.turns import pay_late, refund, sell, tell
from tests.support.worker import work

BOB = Buyer(name="Bob", email="bob@example.com")

PENDING_CARD, FAILING_CARD = "4000000000007726", "4000000000005126"
NOT_SENT = (
    "Sending €84.00 back to you didn’t work yet. The box office takes care of it; "
    "there is nothing for you to do."
)


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


@pytest.fixture
def pay(buy: Buy, stripe: Sandbox, deliver: Deliver) -> Any:
    """Return a function that buys A-1 and A-2 for 84.00 with a card, a good one unless told."""

    def pay(card: str = "4242424242424242") -> Purchase:
        purchase = buy()
        stripe.pay(purchase.session_id, card=card)
        deliver("completed", purchase)
        return purchase

    return pay


@pytest.fixture
def paid(pay: Any) -> Purchase:
    return pay()


def status(purchase: Purchase) -> Any:
    return Client().get("/api/payment-status", {"session_id": purchase.session_id}).json()


def message(purchase: Purchase) -> str:
    return status(purchase)["message"]


def verify(purchase: Purchase) -> str:
    """Ask Stripe as the page's button does, and return what is said then."""
    body = {"session_id": purchase.session_id}
    return Client().post("/api/payment-status/verify", body, "application/json").json()["message"]


def refund_seat(purchase: Purchase, label: str) -> None:
    refund(purchase, tickets=purchase.booking.tickets.filter(seat__label=label))


# Before the money


def test_who_asks_stripe_reads_that_it_knows_of_no_payment_yet(purchase: Purchase) -> None:
    before = message(purchase)

    assert before == "We are waiting for word of your payment."
    assert verify(purchase) == "The payment provider was asked, and knew of no payment yet."


def test_who_asks_about_a_debit_reads_that_the_bank_is_still_working(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    held = "Your seats are held for you."
    assert message(purchase) == f"Your bank is working on the payment. {held}"
    assert verify(purchase) == f"Your bank is still working on the payment. {held}"


def test_a_payment_that_stripe_does_not_know_is_said_to_be_looked_into(
    purchase: Purchase, stripe: Sandbox
) -> None:
    Payment.objects.update(session_id="cs_test_nobody")
    unknown = Purchase("cs_test_nobody", {})

    assert verify(unknown) == "The payment provider doesn’t know this payment. The box office looks into it."


def test_who_cancelled_does_not_read_that_the_time_was_up(purchase: Purchase, client: Client) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})

    assert message(purchase) == "You cancelled. Nothing was charged and the seats are free again."


# Money that came late


def test_other_seats_are_named_with_those_they_came_for(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-2")
    pay_late(released, stripe, deliver)

    assert status(released)["booking"]["booked_seats"] == ["A-5", "A-6"]
    assert message(released) == (
        "Paid. Your tickets are below. Seats A-1 and A-2 were no longer all free when your payment came, "
        "so you have A-5 and A-6 at the same price."
    )


def test_a_seat_that_could_be_kept_is_not_said_to_be_lost(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-1", *(f"A-{number}" for number in range(4, 11)))
    pay_late(released, stripe, deliver)

    assert message(released) == (
        "Paid. Your tickets are below. Seat A-1 was taken before your payment came, so you have A-2 and A-3 "
        "at the same price."
    )


def test_seats_that_were_still_free_are_worth_no_word(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay_late(released, stripe, deliver)

    assert message(released) == "Paid. Your tickets are below."


# Money that bought nothing

BACK = "All of it goes back to you by itself."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"amount_total": 8401}, "Your payment of €84.01 arrived, but the seats cost €84.00, so"),
        (
            {"currency": "usd"},
            "Your payment of US$84.00 arrived in another currency than the one asked for, so",
        ),
        (
            {"client_reference_id": "ANOTHER"},
            "Your payment of €84.00 arrived, but it named another booking than this one, so",
        ),
    ],
    ids=str,
)
def test_money_that_does_not_match_is_said_to_come_back_and_why(
    change: dict[str, Any], why: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"].update(change)

    deliver(event)

    assert message(purchase) == f"{why} it bought no tickets. {BACK}"


LET_GO = (
    "Your payment of €84.00 arrived after your seats had been let go, and there were no others at the same "
    "price, so it bought no tickets."
)


@pytest.fixture
def too_late(released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event) -> Purchase:
    """A payment that came when the whole row was sold."""
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(released, stripe, deliver)
    return released


def test_money_for_seats_that_are_gone_is_said_to_come_back(too_late: Purchase) -> None:
    assert message(too_late) == f"{LET_GO} {BACK}"


def test_money_for_a_cancelled_booking_is_said_to_come_back(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    pay_late(purchase, stripe, deliver)

    assert message(purchase) == (
        "Your payment of €84.00 arrived after this booking had been cancelled, so it bought no tickets. "
        f"{BACK}"
    )


def test_a_second_payment_is_said_to_come_back_and_the_first_to_stand(
    purchase: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    second = buy("B-1")
    Payment.objects.filter(session_id=second.session_id).update(booking=purchase.booking, amount=3200)
    stripe.pay(second.session_id)
    event = stripe.event("completed", second.session_id)
    event["data"]["object"]["client_reference_id"] = purchase.booking.reference

    deliver(event)

    assert message(second) == (
        "Your payment of €32.00 arrived, but this booking had been paid already. The tickets are those of "
        f"the first payment. {BACK}"
    )
    page = client.get(f"/bookings/{purchase.booking.reference}/").content.decode()
    assert page.count("qr.png") == 2
    assert "€32.00" in page
    assert "€84.00" in page


def test_what_has_gone_back_is_told_with_the_reason(too_late: Purchase) -> None:
    work("send_refund")

    assert message(too_late) == f"{LET_GO} All of it, €84.00, was sent back to you."


def test_what_stripe_would_not_send_back_is_told_without_alarm(too_late: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")

    assert message(too_late) == f"{LET_GO} {NOT_SENT}"


def test_once_it_is_made_again_it_is_on_its_way_again(too_late: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")

    refund(too_late, replaces=Refund.objects.get())

    assert message(too_late) == f"{LET_GO} {BACK}"


def test_who_was_given_seats_after_all_reads_nothing_of_the_refund_that_failed(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    stripe.pay(released.session_id, card=FAILING_CARD, late=True)
    deliver("completed", released)
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell(stripe, deliver)
    assert message(released) == f"{LET_GO} {NOT_SENT}"
    release(Booking.objects.get(email="bob@example.com"))

    reseat(released.payment, cause=Cause.STAFF)

    assert message(released) == "Paid. Your tickets are below."
    assert "Refunds" not in booking_page(released)


# Refunds


def test_a_whole_refund_is_on_its_way_and_then_sent(paid: Purchase) -> None:
    refund(paid)
    assert message(paid) == "Your payment of €84.00 is on its way back to you."

    work("send_refund")

    sent = "Your payment of €84.00 was sent back to you."
    assert message(paid) == f"{sent} The tickets are no longer valid."


def test_a_part_that_went_back_is_told_with_its_amount(paid: Purchase) -> None:
    refund_seat(paid, "A-2")
    on_its_way = message(paid)
    work("send_refund")

    assert on_its_way == "Paid. Your tickets are below. €42.00 is on its way back to you."
    assert message(paid) == "€42.00 of your €84.00 was sent back to you."


def test_parts_that_go_back_one_after_the_other_are_told_apart(paid: Purchase) -> None:
    refund(paid, amount=500)
    work("send_refund")
    refund(paid, amount=250)

    assert message(paid) == "€5.00 of your €84.00 was sent back to you. €2.50 is on its way back to you."


def test_a_refund_that_came_to_nothing_is_the_box_offices_care(
    pay: Any, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(FAILING_CARD)
    refund(purchase)
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell(stripe, deliver)

    assert message(purchase) == NOT_SENT


def test_a_part_that_came_to_nothing_is_told_beside_the_tickets(
    pay: Any, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(FAILING_CARD)
    refund_seat(purchase, "A-2")
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell(stripe, deliver)

    assert message(purchase) == f"Paid. Your tickets are below. {NOT_SENT.replace('84', '42')}"


# Disputes


def test_an_open_dispute_puts_the_tickets_on_hold_and_a_lost_one_voids_them(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    assert message(paid) == (
        "This payment is disputed with the bank. Until that is decided, the tickets are on hold."
    )

    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    assert message(paid) == "The bank has taken this payment back, so the tickets are void."


def test_after_a_dispute_that_was_won_all_is_as_before(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    before = status(paid)
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    stripe.close_dispute(dispute["id"], "won")
    tell(stripe, deliver)

    after = status(paid)
    assert (after["message"], after["tickets"]) == (before["message"], before["tickets"])


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("", "This payment is disputed with the bank, which decides about the money. It bought no tickets."),
        ("lost", "The bank has taken this payment back. It bought no tickets."),
    ],
)
def test_a_dispute_about_money_that_bought_nothing_speaks_of_no_tickets_on_hold(
    too_late: Purchase, stripe: Sandbox, deliver: Deliver, end: str, words: str
) -> None:
    dispute = stripe.dispute(too_late.session_id)
    if end:
        stripe.close_dispute(dispute["id"], end)
    tell(stripe, deliver)

    assert message(too_late) == words


# The tickets in the status


def stopped(purchase: Purchase) -> list[tuple[str, bool, str | None]]:
    return [(one["seat"], one["success"], one["error_message"]) for one in status(purchase)["tickets"]]


ASKED = (
    "A refund was asked for, so this ticket admits nobody. Once the money is sent back, it is no longer "
    "valid; if it can’t be sent, the ticket is valid again."
)
REFUNDED = "This ticket was refunded, so it admits nobody any more."
DISPUTED = (
    "The payment is disputed with the bank. Until that is decided, this ticket admits nobody; after that "
    "the very same one may be valid again."
)
CHARGED_BACK = "The bank took the payment back, so this ticket admits nobody any more."


def test_a_ticket_that_was_given_up_says_so_and_the_other_is_as_it_was(paid: Purchase) -> None:
    refund_seat(paid, "A-2")
    assert stopped(paid) == [("A-1", True, None), ("A-2", False, ASKED)]

    work("send_refund")

    assert stopped(paid) == [("A-1", True, None), ("A-2", False, REFUNDED)]


def test_disputed_tickets_say_so(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    assert stopped(paid) == [("A-1", False, DISPUTED), ("A-2", False, DISPUTED)]

    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    assert stopped(paid) == [("A-1", False, CHARGED_BACK), ("A-2", False, CHARGED_BACK)]


def test_a_status_with_refunds_and_a_dispute_is_one_query_still(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    for amount in (100, 200, 300):
        refund(paid, amount=amount)
    work("send_refund")
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    with CaptureQueriesContext(connection) as queries:
        status(paid)

    assert len(queries) == 1


# The booking's page


def booking_page(purchase: Purchase) -> str:
    return Client().get(f"/bookings/{purchase.booking.reference}/").content.decode()


def test_a_booking_of_which_one_ticket_went_back_shows_both_and_the_refund(paid: Purchase) -> None:
    refund_seat(paid, "A-2")
    work("send_refund")

    page = booking_page(paid)

    assert "€42.00 of your €84.00 was sent back to you." in page
    assert "Sent back to you; your bank may need" in page
    assert REFUNDED in page
    codes = dict(paid.booking.tickets.values_list("seat__label", "code"))
    assert f"{codes['A-1']}/qr.png" in page
    assert f"{codes['A-2']}/qr.png" not in page


def test_a_booking_that_lost_all_its_tickets_says_that_it_was_cancelled_and_why(paid: Purchase) -> None:
    refund(paid)
    work("send_refund")

    page = booking_page(paid)

    assert "This booking was cancelled" in page
    assert "Your payment of €84.00 was sent back to you. The tickets are no longer valid." in page
    assert "qr.png" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "On its way to you"),
        ("requires_action", "Waiting for you: the payment provider has asked you by e-mail where to send it"),
        ("failed", "The box office takes care of it"),
    ],
)
def test_a_refund_is_told_in_plain_words(
    pay: Any, stripe: Sandbox, deliver: Deliver, state: str, words: str
) -> None:
    purchase = pay(PENDING_CARD)
    refund(purchase)
    asked = booking_page(purchase)
    work("send_refund")
    if state != "pending":
        stripe.settle_refund(str(Refund.objects.get().refund_id), state)
        tell(stripe, deliver)

    assert "Asked for, and about to be sent" in asked
    assert words in booking_page(purchase)


def test_a_booking_without_refunds_speaks_of_none(paid: Purchase) -> None:
    assert "Refunds" not in booking_page(paid)


def test_a_booking_that_got_other_seats_says_which(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-2")
    pay_late(released, stripe, deliver)

    assert "so you have A-5 and A-6 at the same price." in booking_page(released)


# Who cancels what can't be cancelled any more


def cancel(purchase: Purchase) -> str:
    return Client().get("/payments/cancelled/", {"session_id": purchase.session_id}).content.decode()


def test_who_cancels_what_is_paid_reads_that_it_is_paid(paid: Purchase) -> None:
    assert "This booking is already paid" in cancel(paid)


def test_who_cancels_what_the_bank_works_on_reads_that_it_is_on_its_way(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    assert "Your payment is on its way" in cancel(purchase)


def expect_over(page: str, words: str) -> None:
    assert "There was nothing left to cancel" in page
    assert words in page
    assert "already paid" not in page
    assert "You cancelled" not in page


def test_who_cancels_what_the_bank_did_not_pay_reads_that_nothing_was_charged(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    deliver("completed", purchase)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)

    expect_over(cancel(purchase), "The payment did not go through. Nothing was charged")


def test_who_cancels_after_the_time_was_up_reads_that(released: Purchase) -> None:
    expect_over(cancel(released), "The time to pay has ended.")


def test_who_cancels_what_goes_back_reads_that_it_goes_back(paid: Purchase) -> None:
    refund(paid)
    expect_over(cancel(paid), "Your payment of €84.00 is on its way back to you.")

    work("send_refund")

    expect_over(cancel(paid), "Your payment of €84.00 was sent back to you.")


def test_who_cancels_what_is_disputed_reads_that(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    expect_over(cancel(paid), "This payment is disputed with the bank.")


def test_whoever_cancelled_and_comes_again_reads_it_again(purchase: Purchase) -> None:
    cancel(purchase)

    assert "You cancelled" in cancel(purchase)
