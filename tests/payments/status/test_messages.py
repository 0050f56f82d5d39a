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
    "Your refund of €84.00 hasn’t worked yet. The box office is taking care of it, and you don’t need to do "
    "anything."
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

    assert before == "We’re confirming your payment."
    assert verify(purchase) == "The payment provider hasn’t received a payment yet."


def test_who_asks_about_a_debit_reads_that_the_bank_is_still_working(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    held = "We’re holding your seats."
    assert message(purchase) == f"Your bank is processing the payment. {held}"
    assert verify(purchase) == f"Your bank is still processing the payment. {held}"


def test_a_payment_that_stripe_does_not_know_is_said_to_be_looked_into(
    purchase: Purchase, stripe: Sandbox
) -> None:
    Payment.objects.update(session_id="cs_test_nobody")
    unknown = Purchase("cs_test_nobody", {})

    words = "The payment provider can’t find this payment. The box office is looking into it."
    assert verify(unknown) == words


def test_who_cancelled_does_not_read_that_the_time_was_up(purchase: Purchase, client: Client) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})

    assert message(purchase) == "You cancelled before paying. Nothing was charged. The seats were released."


# Money that came late


def test_other_seats_are_named_with_those_they_came_for(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-2")
    pay_late(released, stripe, deliver)

    assert status(released)["booking"]["booked_seats"] == ["A-5", "A-6"]
    assert message(released) == (
        "Paid. Your tickets are below. Seats A-1 and A-2 were no longer all free when your payment arrived, "
        "so you have A-5 and A-6 at the same price."
    )


def test_a_seat_that_could_be_kept_is_not_said_to_be_lost(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-1", *(f"A-{number}" for number in range(4, 11)))
    pay_late(released, stripe, deliver)

    assert message(released) == (
        "Paid. Your tickets are below. Seat A-1 was taken before your payment arrived, so you have A-2 and "
        "A-3 "
        "at the same price."
    )


def test_seats_that_were_still_free_are_worth_no_word(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay_late(released, stripe, deliver)

    assert message(released) == "Paid. Your tickets are below."


# Money that bought nothing

BACK = "You’ll get all of it back automatically."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"amount_total": 8401}, "Your payment of €84.01 arrived, but the tickets cost €84.00, so"),
        (
            {"currency": "usd"},
            "Your payment of US$84.00 arrived in a different currency than we asked for, so",
        ),
        (
            {"client_reference_id": "ANOTHER"},
            "Your payment of €84.00 arrived for a different booking than this one, so",
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

    assert message(purchase) == f"{why} you have no tickets. {BACK}"


LET_GO = (
    "Your payment of €84.00 arrived after your seats had been released, and no others were left at the "
    "same price. So you have no tickets."
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
        "Your payment of €84.00 arrived after this booking had been cancelled, so you have no tickets. "
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
        "You paid twice: your payment of €32.00 arrived after this booking had been paid. The tickets of the "
        f"first payment are valid. {BACK}"
    )
    page = client.get(f"/bookings/{purchase.booking.reference}/").content.decode()
    assert page.count("qr.png") == 2
    assert "€32.00" in page
    assert "€84.00" in page


def test_what_has_gone_back_is_told_with_the_reason(too_late: Purchase) -> None:
    work("send_refund")

    assert message(too_late) == f"{LET_GO} All of it, €84.00, was refunded."


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

    sent = "Your payment of €84.00 was refunded."
    assert message(paid) == f"{sent} The tickets are no longer valid."


def test_a_part_that_went_back_is_told_with_its_amount(paid: Purchase) -> None:
    refund_seat(paid, "A-2")
    on_its_way = message(paid)
    work("send_refund")

    assert on_its_way == "Paid. Your tickets are below. €42.00 is on its way back to you."
    assert message(paid) == "€42.00 of your €84.00 was refunded."


def test_parts_that_go_back_one_after_the_other_are_told_apart(paid: Purchase) -> None:
    refund(paid, amount=500)
    work("send_refund")
    refund(paid, amount=250)

    assert message(paid) == "€5.00 of your €84.00 was refunded. €2.50 is on its way back to you."


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
    assert message(paid) == ("This payment is disputed. The tickets are on hold until the bank has decided.")

    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    assert message(paid) == "The bank reversed this payment, so the tickets are no longer valid."


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
        ("", "This payment is disputed, and the bank decides about the money. You have no tickets from it."),
        ("lost", "The bank reversed this payment. You have no tickets from it."),
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
    "You asked for a refund, so this ticket is on hold. Once the money is refunded, it’s no longer valid. "
    "If the refund fails, it’s valid again."
)
REFUNDED = "This ticket was refunded, so it’s no longer valid."
DISPUTED = (
    "The payment is disputed. This ticket is on hold until the bank has decided. After that it may be "
    "valid again, with the same code."
)
CHARGED_BACK = "The bank reversed the payment, so this ticket is no longer valid."


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

    assert "€42.00 of your €84.00 was refunded." in page
    assert "Refunded. Your bank may take" in page
    assert REFUNDED in page
    codes = dict(paid.booking.tickets.values_list("seat__label", "code"))
    assert f"{codes['A-1']}/qr.png" in page
    assert f"{codes['A-2']}/qr.png" not in page


def test_a_booking_that_lost_all_its_tickets_says_that_it_was_cancelled_and_why(paid: Purchase) -> None:
    refund(paid)
    work("send_refund")

    page = booking_page(paid)

    assert "This booking is cancelled" in page
    assert "Your payment of €84.00 was refunded. The tickets are no longer valid." in page
    assert "qr.png" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "On its way to you"),
        ("requires_action", "Waiting for you: the payment provider has asked you by email where to send it"),
        ("failed", "The box office is taking care of it"),
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

    assert "Requested" in asked
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
    assert "You’ve already paid" in cancel(paid)


def test_who_cancels_what_the_bank_works_on_reads_that_it_is_on_its_way(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    assert "Your payment is on its way" in cancel(purchase)


def expect_over(page: str, words: str) -> None:
    assert "There was nothing to cancel" in page
    assert words in page
    assert "already paid" not in page
    assert "Your booking is cancelled" not in page


def test_who_cancels_what_the_bank_did_not_pay_reads_that_nothing_was_charged(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    deliver("completed", purchase)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)

    expect_over(cancel(purchase), "The payment didn’t go through. Nothing was charged")


def test_who_cancels_after_the_time_was_up_reads_that(released: Purchase) -> None:
    expect_over(cancel(released), "The time to pay is over.")


def test_who_cancels_what_goes_back_reads_that_it_goes_back(paid: Purchase) -> None:
    refund(paid)
    expect_over(cancel(paid), "Your payment of €84.00 is on its way back to you.")

    work("send_refund")

    expect_over(cancel(paid), "Your payment of €84.00 was refunded.")


def test_who_cancels_what_is_disputed_reads_that(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    expect_over(cancel(paid), "This payment is disputed.")


def test_whoever_cancelled_and_comes_again_reads_it_again(purchase: Purchase) -> None:
    cancel(purchase)

    assert "Your booking is cancelled" in cancel(purchase)
