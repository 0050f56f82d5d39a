"""Of two answers of Stripe's, the one that was asked for later counts, whatever the clocks say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connections, transaction
from django.utils import timezone

from payments.gateway.checkout.sessions import fetch_session
from payments.gateway.disputes import fetch_disputes
from payments.ledger.disputes import sync_disputes
from payments.ledger.settlement import settle
from payments.ledger.verification import ask
from payments.models import (
    Cause,
    Dispute,
    DisputeStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StripeState,
)
from payments.questions import next_question
from tests.support.patience import wait_for
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase


@contextmanager
def clock_ahead() -> Iterator[None]:
    """What a process does whose clock is ahead by almost as much as Stripe's signatures allow."""
    with time_machine.travel(timezone.now() + timedelta(seconds=290)):
        yield


def test_questions_have_rising_numbers(db: None) -> None:
    first, second = next_question(), next_question()

    assert first.number < second.number


def test_a_refund_that_failed_is_heard_after_a_process_whose_clock_is_ahead(
    paid: Purchase, stripe: Sandbox
) -> None:
    made = stripe.refund(paid.session_id)
    with clock_ahead():
        ask(paid.payment, cause=Cause.WEBHOOK)
    stripe.settle_refund(made["id"], "failed")

    ask(paid.payment, cause=Cause.WEBHOOK)

    assert Refund.objects.get().status == RefundStatus.FAILED


def test_an_earlier_answer_is_dropped_though_its_clock_is_ahead(paid: Purchase, stripe: Sandbox) -> None:
    made = stripe.refund(paid.session_id)
    with clock_ahead():
        early = fetch_session(paid.session_id)
    stripe.settle_refund(made["id"], "failed")
    ask(paid.payment, cause=Cause.WEBHOOK)

    settle(early, cause=Cause.WEBHOOK)

    assert Refund.objects.get().status == RefundStatus.FAILED


def test_a_dispute_that_was_lost_stays_lost_though_the_earlier_answer_s_clock_is_ahead(
    paid: Purchase, stripe: Sandbox
) -> None:
    made = stripe.dispute(paid.session_id)
    intent = str(paid.payment.payment_intent_id)
    with clock_ahead():
        early = fetch_disputes(intent)
    stripe.close_dispute(made["id"], "lost")
    sync_disputes(paid.payment, fetch_disputes(intent), cause=Cause.WEBHOOK)

    sync_disputes(paid.payment, early, cause=Cause.WEBHOOK)

    assert Dispute.objects.get().status == DisputeStatus.LOST


def test_a_session_has_the_state_of_the_later_question(paid: Purchase) -> None:
    """The second answer is what a slow process still has of the time before the payment."""
    asked = next_question()
    told = fetch_session(paid.session_id)
    settle(told, cause=Cause.VERIFICATION)

    settle(replace(told, state=StripeState.OPEN, asked=asked), cause=Cause.VERIFICATION)

    assert paid.payment.stripe_state == StripeState.PAID


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_an_event_has_overtaken_contradicts_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    """Stripe says "open"; before that is settled, the payment's event is applied."""

    def look() -> None:
        ask(Payment.objects.get(), cause=Cause.VERIFICATION)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Payment.objects.filter(session_id=purchase.session_id).lock()
            looking = pool.submit(look)
            wait_for(lambda: stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}"), "a look")
            stripe.pay(purchase.session_id)
            deliver("completed", purchase)
        looking.result()

    payment = purchase.payment
    assert (payment.status, payment.stripe_state) == (PaymentStatus.SUCCEEDED, StripeState.PAID)
