"""What Stripe says and nobody here understands: nothing is guessed, nothing is lost, and staff read of it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus
from payments.gateway.checkout.session_objects import read_session
from payments.ledger.settlement import settle
from payments.ledger.verification import ask, cancel
from payments.models import Cause, Payment, PaymentStatus, StripeState
from payments.questions import next_question
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.staff.alerts.payments import conflict, unclear, unreachable
from payments.status.bookings import describe_booking
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Deliver, Purchase, make_event
from tests.support.turns import tell

UNCLEAR = (
    "The payment provider’s answer isn’t clear. We’re holding your seats, and the box office is looking "
    "into it. Please don’t pay again."
)
CHANGES: list[dict[str, Any]] = [
    {"status": "frozen"},
    {"status": None},
    {"status": "complete", "payment_status": "in_escrow"},
    {"status": "complete", "payment_status": None},
    {"status": "expired", "payment_status": "in_escrow"},
    {"status": "complete", "payment_status": "paid", "amount_total": None},
    {"status": "complete", "payment_status": "paid", "currency": None},
]


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def told(purchase: Purchase, stripe: Sandbox, **changes: Any) -> dict[str, Any]:
    return {**stripe.session(purchase.session_id), **changes}


def answer(purchase: Purchase, stripe: Sandbox, **changes: Any) -> Payment:
    """Settle what Stripe answers if it is asked."""
    session = read_session(told(purchase, stripe, **changes), asked=next_question())
    return settle(session, cause=Cause.RECONCILER)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_seats_and_money_stay_as_they_are_and_staff_read_stripes_words(
    changes: dict[str, Any], purchase: Purchase, stripe: Sandbox
) -> None:
    payment = answer(purchase, stripe, **changes)

    payment.refresh_from_db()
    assert (payment.status, payment.stripe_state) == (PaymentStatus.PENDING, StripeState.UNREADABLE)
    assert purchase.booking.status == BookingStatus.HELD
    assert payment.check_problem == "unreadable"
    for name, value in changes.items():
        assert f"{name} {value!r}" in payment.check_error
    assert list(unclear(timezone.now())) == [payment]
    assert not unreachable(timezone.now()).exists()


def test_what_is_said_later_and_understood_ends_it(purchase: Purchase, stripe: Sandbox) -> None:
    answer(purchase, stripe, status="frozen")
    stripe.pay(purchase.session_id)

    payment = answer(purchase, stripe)

    assert (payment.status, payment.check_problem, payment.check_error) == ("succeeded", "", "")


def test_the_customer_is_neither_told_to_wait_for_a_bank_nor_sent_to_pay(
    purchase: Purchase, stripe: Sandbox
) -> None:
    answer(purchase, stripe, status="frozen")
    Payment.objects.update(asked_at=timezone.now())  # Stripe isn't asked again at once.

    status = Client().get("/api/payment-status", {"session_id": purchase.session_id}).json()
    again = Client().post(f"/bookings/{purchase.booking.reference}/pay/")

    assert (status["status"], status["message"]) == ("pending", UNCLEAR)
    assert again.headers["Location"] == f"/payments/success/?session_id={purchase.session_id}"


def test_an_event_that_says_it_has_stripe_asked_soon(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    event = stripe.event("expired", purchase.session_id)
    event["data"]["object"] = {**event["data"]["object"], "status": "frozen"}

    assert deliver(event).status_code == 500

    waiting = purchase.payment
    assert waiting.status == PaymentStatus.PENDING
    assert waiting.next_check_at is not None
    assert waiting.next_check_at <= timezone.now()
    reconcile(Run(rate=1_000))
    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert deliver(event).json()["outcome"] == "applied"


def test_the_intent_decides_where_the_session_is_unclear(purchase: Purchase, stripe: Sandbox) -> None:
    intent = {"id": "pi_1", "status": "succeeded", "latest_charge": None}

    payment = answer(purchase, stripe, status="frozen", payment_status=None, payment_intent=intent)

    assert payment.status == PaymentStatus.SUCCEEDED


def test_a_link_to_pay_is_not_given_either(purchase: Purchase, stripe: Sandbox) -> None:
    answer(purchase, stripe, status="frozen")

    entry = describe_booking(purchase.booking.reference)

    assert entry is not None
    assert (entry["message"], entry["checkout_url"], entry["actions"]["pay"]) == (UNCLEAR, None, None)


def test_whoever_cancels_it_reads_why_they_cannot(purchase: Purchase, stripe: Sandbox) -> None:
    answer(purchase, stripe, status="complete", payment_status="in_escrow")
    stripe.override(purchase.session_id, status="complete", payment_status="in_escrow")

    refused = Client().post(f"/api/bookings/{purchase.booking.reference}/cancel", {}, "application/json")

    assert (refused.status_code, refused.json()["error"]["message"]) == (409, UNCLEAR)
    assert purchase.booking.status == BookingStatus.HELD


@pytest.mark.parametrize("end", ["paid", "closed"])
def test_an_end_that_is_understood_ends_the_alert(
    end: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    answer(purchase, stripe, status="frozen")
    if end == "paid":
        stripe.pay(purchase.session_id)
        deliver("completed", purchase)
    else:
        cancel(purchase.payment)

    assert purchase.payment.status in ("succeeded", "expired")
    assert (purchase.payment.check_problem, unclear(timezone.now()).exists()) == ("", False)


@pytest.mark.parametrize("before", ["paid", "partially_refunded", "disputed"])
def test_of_what_is_paid_it_lasts_until_it_is_understood_again(
    before: str, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    if before == "disputed":
        stripe.dispute(paid.session_id, amount=4200)
    if before == "partially_refunded":
        stripe.refund(paid.session_id, 1000)
    tell(stripe, deliver)
    answer(paid, stripe, status="frozen", payment_status="in_escrow")
    between = paid.payment.stripe_state

    ask(paid.payment, cause=Cause.STAFF)

    assert (between, paid.payment.stripe_state) == (StripeState.UNREADABLE, before)
    assert not conflict(timezone.now()).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": None},
        {"metadata": None},
        {"customer_details": None},
        {"payment_intent": {"id": "pi_1", "latest_charge": None}},
        {"payment_intent": {"id": "pi_1", "status": None, "latest_charge": {"id": "ch_1", "refunds": None}}},
    ],
    ids=str,
)
def test_a_member_that_is_null_or_absent_makes_nothing_else_unreadable(
    changes: dict[str, Any], purchase: Purchase, stripe: Sandbox
) -> None:
    payment = answer(purchase, stripe, **changes)

    assert (payment.status, payment.stripe_state, payment.check_problem) == ("pending", "open", "")


# In whose words


@pytest.mark.parametrize(("fault", "answers"), [("500_before", False), ("403", True)])
def test_only_a_stripe_that_does_not_answer_is_said_not_to(
    fault: str, answers: bool, purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.fault("GET /v1/checkout/sessions/*", fault, times=None)

    refused = Client().post(
        "/api/payment-status/verify", {"session_id": purchase.session_id}, "application/json"
    )

    stripe.clear_faults()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "stripe_unavailable")
    words = "answer isn’t clear" if answers else "can’t reach the payment provider"
    assert words in refused.json()["error"]["message"]
