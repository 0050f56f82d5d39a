"""How refunds end that went wrong: nothing is paid twice, forgotten, or owed for ever."""

from typing import Any

import pytest
from django.utils import timezone

from payments.gateway.client import stripe_client
from payments.gateway.errors import KeyRefused, StripeUnavailable
from payments.ledger.refunds import NotRefundable, refundable_amount
from payments.ledger.verification import ask
from payments.models import Action, Cause, Origin, Payment, PaymentStatus, Refund, RefundStatus
from payments.reconciliation.payments import check_payments
from payments.reconciliation.run import Run
from payments.staff.actions import possible
from payments.status.payment import describe
from tests.payments.reversals.test_refunds import FAILING_CARD, tell_refunds, tickets
from tests.payments.staff.actions.test_actions import do
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import make_user
from tests.support.turns import refund
from tests.support.worker import work


@pytest.fixture
def failed(buy: Buy, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase of two seats; the refund of A-2 was accepted, and came to nothing."""
    purchase = buy()
    stripe.pay(purchase.session_id, card=FAILING_CARD)
    deliver("completed", purchase)
    refund(purchase, tickets=purchase.booking.tickets.filter(seat__label="A-2"))
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell_refunds(stripe, deliver)
    assert Refund.objects.get().status == RefundStatus.FAILED
    return purchase


@pytest.fixture
def impatient(settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()


def sent(stripe: Sandbox) -> int:
    return sum(one["amount"] for one in stripe.objects("refund") if one["status"] == "succeeded")


# Refused, or not


def test_a_refund_refused_because_it_is_done_is_looked_into(paid: Purchase, stripe: Sandbox) -> None:
    stripe.refund(paid.session_id)  # In the dashboard; its event never comes.
    refund(paid)
    work("send_refund")
    assert Refund.objects.get().status == RefundStatus.REFUSED
    next_check_at = paid.payment.next_check_at
    assert next_check_at is not None
    assert next_check_at <= timezone.now()

    check_payments(Run(rate=1_000), everything=False)

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert {status for _label, status, _why in tickets(paid)} == {"void"}


def test_a_key_that_is_not_taken_leaves_the_refund_due(
    paid: Purchase, stripe: Sandbox, settings: Any
) -> None:
    refund(paid)
    settings.STRIPE_SECRET_KEY = "sk_test_rotated"
    stripe_client.cache_clear()
    with pytest.raises(KeyRefused):
        work("send_refund")
    assert Refund.objects.get().status == RefundStatus.DUE

    settings.STRIPE_SECRET_KEY = "sk_test_admit"
    stripe_client.cache_clear()
    work("send_refund")

    assert paid.payment.status == PaymentStatus.REFUNDED


@pytest.mark.usefixtures("impatient")
def test_a_refund_that_cannot_be_looked_up_is_not_made_anew(paid: Purchase, stripe: Sandbox) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    stripe.fault("POST /v1/refunds", "500_after")
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    stripe.fault("GET /v1/refunds", "403")
    with pytest.raises(StripeUnavailable):
        work("send_refund")

    work("send_refund")

    assert sent(stripe) == 4200
    assert Refund.objects.get().status == RefundStatus.SUCCEEDED


@pytest.mark.usefixtures("impatient")
def test_a_refund_that_failed_before_anybody_looked_leaves_no_ticket_valid(
    paid: Purchase, stripe: Sandbox
) -> None:
    refund(paid)
    stripe.fault("POST /v1/refunds", "500_after")
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    stripe.settle_refund(stripe.objects("refund")[0]["id"], "failed")

    work("send_refund")

    assert paid.payment.status == PaymentStatus.REFUND_DUE
    assert {status for _label, status, _why in tickets(paid)} == {"suspended"}


def test_all_the_money_by_its_amount_is_a_whole_refund(paid: Purchase) -> None:
    refund(paid, amount=8400)

    assert {status for _label, status, _why in tickets(paid)} == {"suspended"}


# Made again


def test_a_refused_refund_is_not_made_again_once_its_ticket_is_refunded(
    paid: Purchase, stripe: Sandbox
) -> None:
    second = paid.booking.tickets.filter(seat__label="A-2")
    stripe.post("/balance", {"short": "refuse"})
    refund(paid, tickets=second)
    work("send_refund")
    stripe.post("/balance", {"short": False})
    refused = Refund.objects.get()
    refund(paid, tickets=second)
    work("send_refund")

    with pytest.raises(NotRefundable):
        refund(paid, replaces=refused)

    assert sent(stripe) == 4200
    assert tickets(paid) == [("A-1", "valid", ""), ("A-2", "void", "refunded")]


def test_what_is_made_again_is_judged_as_it_is_now(paid: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": "refuse"})
    refund(paid, amount=100)
    work("send_refund")
    seen = Refund.objects.get()
    now = timezone.now()
    Refund.objects.update(
        status="succeeded", refund_id="re_x", checked_at=now, accepted_at=now, error_code=""
    )

    with pytest.raises(NotRefundable):
        refund(paid, replaces=seen)


def test_a_refund_made_again_and_refused_leaves_the_first_one_owed(failed: Purchase, stripe: Sandbox) -> None:
    first = Refund.objects.get()
    stripe.post("/balance", {"short": "refuse"})
    refund(failed, replaces=first)
    work("send_refund")

    assert list(Refund.objects.broken()) == [first]
    stripe.post("/balance", {"short": False})
    again = refund(failed, replaces=first)
    work("send_refund")

    again.refresh_from_db()
    assert again.status == RefundStatus.SUCCEEDED
    assert failed.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert not Refund.objects.broken().exists()


# Settled otherwise


def test_a_refund_made_up_for_in_the_dashboard_is_settled_by_staff(
    failed: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    manager = make_user("Finance")
    stripe.refund(failed.session_id, 4200)
    tell_refunds(stripe, deliver)
    broken, made_up = Refund.objects.order_by("pk")

    do(Action.WAIVE_REFUND, manager, failed, refund=broken)
    do(Action.ASSIGN_REFUND, manager, failed, refund=made_up)

    assert failed.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert refundable_amount(failed.payment) == 4200
    assert {Action.RETRY_REFUND, Action.WAIVE_REFUND, Action.ASSIGN_REFUND} & set(
        possible(failed.payment)
    ) == set()


def test_nothing_waits_for_staff_once_all_the_money_is_back(
    failed: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    for _ in range(2):
        stripe.refund(failed.session_id, 4200)
    tell_refunds(stripe, deliver)

    assert failed.payment.status == PaymentStatus.REFUNDED
    assert not Refund.objects.broken().exists()


def test_nothing_waits_for_staff_once_the_bank_has_taken_the_money(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    refund(paid)
    work("send_refund")
    assert Refund.objects.broken().exists()

    stripe.close_dispute(dispute["id"], "lost")
    ask(paid.payment, cause=Cause.STAFF)

    assert not Refund.objects.broken().exists()


def test_a_gift_made_in_the_dashboard_needs_no_ticket(paid: Purchase, stripe: Sandbox) -> None:
    stripe.refund(paid.session_id, 500)
    ask(paid.payment, cause=Cause.STAFF)
    gift = Refund.objects.get(origin=Origin.STRIPE)

    action = do(Action.ASSIGN_REFUND, make_user("Finance"), paid, refund=gift)

    assert action.words == "Matched to no tickets. They stay as they are."
    assert not Refund.objects.unassigned().exists()
    assert paid.tickets == ["A-1", "A-2"]


def test_a_part_that_is_on_its_way_is_asked_about(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id, card="4000000000007726")
    deliver("completed", purchase)
    refund(purchase, amount=100)
    work("send_refund")
    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    stripe.settle_refund(str(Refund.objects.get().refund_id), "succeeded")
    Payment.objects.update(next_check_at=timezone.now(), asked_at=None)

    check_payments(Run(rate=1_000), everything=False)

    assert purchase.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert purchase.payment.next_check_at is None


def test_a_refund_that_arrives_after_it_was_given_up_is_said_to_have_come(
    failed: Purchase, stripe: Sandbox
) -> None:
    row = Refund.objects.get()
    do(Action.WAIVE_REFUND, make_user("Finance"), failed, refund=row)
    stripe.override(str(row.refund_id), status="succeeded")

    ask(failed.payment, cause=Cause.STAFF)

    state = describe(failed.session_id)
    assert state is not None
    assert (state["status"], state["message"]) == (
        PaymentStatus.PARTIALLY_REFUNDED,
        "€42.00 of your €84.00 was refunded.",
    )
