"""
Another session with a payment's reference: one that its customer recovered after the first had expired.

Stripe makes it with the same metadata and another id, and names the first in ``recovered_from``.
"""

from typing import Any

from django.test import Client

from bookings.models import BookingStatus, Event
from payments.fsck import inspect
from payments.models import Payment, PaymentStatus, Problem, Refund
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.turns import sell

RECOVERED = "cs_test_recovered"


def recovered(kind: str, purchase: Purchase, stripe: Sandbox, **changes: Any) -> dict[str, Any]:
    """Return the event of a session that was recovered from that of ``purchase``; by default it is paid."""
    session = {
        **stripe.session(purchase.session_id),
        "id": RECOVERED,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_recovered",
        "recovered_from": purchase.session_id,
        "url": None,
        **changes,
    }
    return {
        "id": f"evt_1{kind}{session['payment_status']}",
        "object": "event",
        "type": f"checkout.session.{kind}",
        "created": session["created"],
        "data": {"object": session},
    }


def test_its_money_buys_the_seats_if_they_are_free(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    answer = deliver(recovered("completed", released, stripe))

    assert answer.json() == {"received": True, "outcome": "applied"}
    payment = Payment.objects.get()
    assert (payment.status, payment.session_id, payment.payment_intent_id) == (
        PaymentStatus.SUCCEEDED,
        RECOVERED,
        "pi_recovered",
    )
    assert payment.booking.tickets.count() == 2
    told = Client().get("/api/payment-status", {"session_id": RECOVERED}).json()
    assert told["status"] == "succeeded"


def test_it_may_be_paid_before_the_end_of_the_first_is_known_here(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)

    deliver(recovered("completed", purchase, stripe))
    late = deliver(stripe.event("expired", purchase.session_id))

    assert late.status_code == 200
    assert Payment.objects.get().status == PaymentStatus.SUCCEEDED


def test_its_money_goes_back_if_the_seats_are_sold(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *[f"A-{number}" for number in range(1, 11)])

    deliver(recovered("completed", released, stripe))

    payment = Payment.objects.get()
    assert (payment.status, payment.problem) == (PaymentStatus.REFUND_DUE, Problem.PAID_AFTER_RELEASE)


def test_while_it_is_open_or_over_it_says_nothing_about_the_payment(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    unpaid = {"payment_status": "unpaid", "payment_intent": None}

    answer = deliver(recovered("expired", purchase, stripe, status="expired", **unpaid))

    assert answer.status_code == 200
    assert (purchase.payment.status, purchase.booking.status) == ("pending", BookingStatus.HELD)


def test_a_debit_by_which_it_is_paid_is_waited_for(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    deliver(recovered("completed", released, stripe, payment_status="unpaid"))
    waiting = Payment.objects.get()
    deliver(recovered("async_payment_succeeded", released, stripe))

    assert (waiting.status, waiting.session_id) == (PaymentStatus.EXPIRED, RECOVERED)
    assert waiting.next_check_at is not None
    assert Payment.objects.get().status == PaymentStatus.SUCCEEDED


def test_money_for_what_is_paid_already_is_a_second_payment_and_goes_back(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    paying = recovered("completed", paid, stripe)

    first, again = deliver(paying), deliver({**paying, "id": "evt_1again"})

    assert (first.status_code, again.status_code) == (200, 200)
    second = Payment.objects.exclude(pk=paid.payment.pk).get()
    assert (second.status, second.problem) == (PaymentStatus.REFUND_DUE, Problem.PAID_TWICE)
    assert (second.session_id, second.payment_intent_id) == (RECOVERED, "pi_recovered")
    assert (paid.payment.status, paid.tickets) == (PaymentStatus.SUCCEEDED, ["A-1", "A-2"])
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount) == (second, 8400)
    assert inspect() == []


def test_another_session_that_was_not_recovered_is_nobodys_and_owed(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    answer = deliver(recovered("completed", paid, stripe, recovered_from=None))

    assert answer.status_code == 500
    assert Payment.objects.get() == paid.payment


def test_the_card_of_a_second_payment_does_not_replace_the_first_ones(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    (charged,) = [event for event in stripe.events() if event["type"] == "charge.succeeded"]
    deliver(charged)
    first = paid.payment.charge_id
    other = {**charged["data"]["object"], "id": "ch_other", "payment_intent": "pi_recovered"}

    deliver({**charged, "id": "evt_1other", "data": {"object": other}})

    assert first is not None
    assert paid.payment.charge_id == first
