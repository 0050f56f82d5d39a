"""What Stripe says of money that isn't known here: nothing is guessed, and the rest goes on."""

from typing import Any

import pytest
from django.test import Client

from payments.fsck import inspect
from payments.ledger.refunds import refundable_amount
from payments.ledger.verification import ask, compare_with_stripe
from payments.models import Action, Cause, Dispute, PaymentStatus, Refund
from payments.staff.actions import possible
from payments.staff.alerts import alerts_of
from payments.staff.comparison.payments import compare_payment
from payments.staff.timeline import timeline
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.turns import refund, tell
from tests.support.worker import work

FUTURE = [None, "some_future_status"]


def statuses(purchase: Purchase) -> set[str]:
    return set(purchase.booking.tickets.values_list("status", flat=True))


def alerts(purchase: Purchase) -> set[str]:
    return {alert.name for alert in alerts_of(purchase.payment)}


def message(purchase: Purchase) -> str:
    answer = Client().get("/api/payment-status", {"session_id": purchase.session_id})
    return str(answer.json()["message"])


@pytest.mark.parametrize("word", FUTURE)
def test_a_new_refund_with_an_unknown_status_is_kept_and_counts_as_maybe_sent(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, word: Any
) -> None:
    made = stripe.refund_by_staff(paid.session_id, 4200)
    stripe.override(made["id"], status=word)

    tell(stripe, deliver)

    row = Refund.objects.get()
    assert (row.status, row.stripe_status, row.amount) == ("unknown", str(word), 4200)
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert statuses(paid) == {"valid"}
    assert refundable_amount(paid.payment) == 4200
    assert "unreadable" in alerts(paid)
    assert "We don’t know yet whether €42.00 was refunded." in message(paid)
    assert paid.payment.next_check_at is not None
    assert str(word) in [entry.detail for entry in timeline(paid.payment)]
    assert inspect() == []


def test_a_known_state_ends_the_doubt(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    made = stripe.refund_by_staff(paid.session_id, 4200)
    stripe.override(made["id"], status=None)
    tell(stripe, deliver)

    stripe.override(made["id"], status="succeeded")
    ask(paid.payment, cause=Cause.STAFF)

    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert "unreadable" not in alerts(paid)


def test_a_known_refund_stays_what_it_was_last_known_to_be(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    work("send_refund")
    stripe.override(stripe.objects("refund")[0]["id"], status="some_future_status")

    ask(paid.payment, cause=Cause.STAFF)

    row = Refund.objects.get()
    assert (row.status, row.stripe_status) == ("succeeded", "some_future_status")
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert "unreadable" in alerts(paid)
    assert not any(line.differs for line in compare_payment(paid.payment).lines)


def test_the_other_refunds_of_a_payment_are_taken_over(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    strange = stripe.refund_by_staff(paid.session_id, 1000)
    stripe.override(strange["id"], status="some_future_status")
    refund(paid, amount=2000)

    work("send_refund")
    ask(paid.payment, cause=Cause.STAFF)

    assert dict(Refund.objects.values_list("amount", "status")) == {1000: "unknown", 2000: "succeeded"}
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED


def test_money_that_may_have_been_sent_is_not_sent_again(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid)
    strange = stripe.refund_by_staff(paid.session_id, 8400)
    stripe.override(strange["id"], status=None)
    stripe.settle_refund(strange["id"], "failed")  # As it is stored; what is shown stays without a status.
    tell(stripe, deliver)

    work("send_refund")

    assert [one for one in stripe.objects("refund") if one["status"] == "succeeded"] == []
    assert Refund.objects.get(refund_id=None).status == "refused"
    assert Action.RETRY_REFUND not in possible(paid.payment)


@pytest.mark.parametrize("word", FUTURE)
def test_a_new_dispute_with_an_unknown_status_is_where_its_money_is(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, word: Any
) -> None:
    found = stripe.dispute(paid.session_id)
    stripe.override(found["id"], status=word)

    tell(stripe, deliver)

    row = Dispute.objects.get()
    assert (row.status, row.stripe_status, row.effect) == ("unknown", str(word), "open")
    assert statuses(paid) == {"suspended"}
    assert {"unreadable", "disputed"} <= alerts(paid)
    assert inspect() == []


def test_an_unknown_status_without_money_changes_nothing(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    found = stripe.dispute(paid.session_id, inquiry=True)
    stripe.override(found["id"], status="some_future_status")

    tell(stripe, deliver)

    assert (Dispute.objects.get().status, Dispute.objects.get().effect) == ("unknown", "")
    assert statuses(paid) == {"valid"}
    assert paid.payment.status == PaymentStatus.SUCCEEDED


def test_a_known_dispute_stays_what_it_was_last_known_to_be(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    found = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    stripe.override(found["id"], status="some_future_status")
    stripe.post(f"/objects/{found['id']}/event", {"type": "charge.dispute.updated"})

    tell(stripe, deliver)

    row = Dispute.objects.get()
    assert (row.status, row.stripe_status) == ("needs_response", "some_future_status")
    assert statuses(paid) == {"suspended"}
    state, judgement = compare_with_stripe(paid.payment)
    assert (state, judgement.verdict) == ("disputed", "in_sync")
