"""What must not be overlooked, and what must not be asked about for ever."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.models import Event, Seat
from bookings.seats.holds import release
from payments.gateway.client import stripe_client
from payments.gateway.reversal_objects import StripeDispute
from payments.ledger.reseating import reseat
from payments.ledger.verification import ask
from payments.models import (
    Action,
    Backfill,
    Cause,
    Dispute,
    DisputeStatus,
    FraudWarning,
    Payment,
    StaffAction,
    StripeEvent,
    StripeState,
)
from payments.questions import next_question
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.staff import bulk
from payments.staff.commands import NotPossible
from tests.payments.staff.actions.test_actions import do
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import make_user
from tests.support.turns import pay_late, sell
from tests.support.worker import work

SHOE = {
    "mode": "payment",
    "success_url": "https://other.example/ok",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "1000",
    "line_items[0][price_data][product_data][name]": "Shoe",
    "metadata[order]": "77",
}


@pytest.fixture
def impatient(settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()


def run() -> Run:
    return reconcile(Run(rate=1_000))


def tell(stripe: Sandbox, deliver: Deliver, prefix: str) -> None:
    for event in stripe.events():
        if event["type"].startswith(prefix):
            deliver(event)


def test_whose_a_foreign_refund_is_is_asked_once(stripe: Sandbox, event: Event) -> None:
    session = stripe._http.post("/v1/checkout/sessions", data=SHOE).raise_for_status().json()
    stripe.pay(session["id"])
    stripe.refund(session["id"])

    for _ in range(3):
        run()

    assert len(stripe.requests("GET /v1/payment_intents")) == 1


def test_an_event_whose_owner_is_not_told_stops_no_other(paid: Purchase, stripe: Sandbox) -> None:
    body = {"id": "evt_x", "type": "refund.created", "data": {"object": {"payment_intent": "pi_unknown"}}}
    StripeEvent.objects.create(
        event_id="evt_x",
        type="refund.created",
        outcome="failed",
        traceback="Boom",
        retry_at=timezone.now(),
        body=json.dumps(body),
    )
    stripe.fault("GET /v1/payment_intents/*", "403")

    run()

    assert Backfill.objects.exists()
    retry_at = StripeEvent.objects.get(event_id="evt_x").retry_at
    assert retry_at is not None
    assert retry_at > timezone.now()


@pytest.mark.usefixtures("impatient")
def test_failed_events_are_not_all_tried_while_stripe_is_away(paid: Purchase, stripe: Sandbox) -> None:
    stripe.refund(paid.session_id, 100)
    told = next(event for event in stripe.events() if event["type"] == "refund.created")
    for number in range(10):
        StripeEvent.objects.create(
            event_id=f"evt_{number}",
            type=told["type"],
            outcome="failed",
            traceback="Boom",
            retry_at=timezone.now(),
            body=json.dumps({**told, "id": f"evt_{number}"}),
        )
    stripe.fault("* /v1/*", "500_before", times=None)

    run()

    stripe.clear_faults()
    asked = stripe.requests("GET /v1/checkout/sessions/cs_")
    assert len([entry for entry in asked if "expand" in entry["url"]]) == 3


def test_a_contradiction_calls_staff_and_changes_nothing(
    purchase: Purchase, stripe: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    purchase.put("succeeded")

    ask(purchase.payment, cause=Cause.STAFF)

    assert purchase.payment.stripe_state == StripeState.OPEN
    assert stripe.session(purchase.session_id)["status"] == "open"
    assert "is succeeded here, but open at Stripe" in caplog.text


def test_word_of_money_for_a_payment_that_was_given_up_is_looked_into(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    stripe.pay(purchase.session_id, late=True)
    tell(stripe, deliver, "charge.succeeded")

    run()

    assert purchase.tickets == ["A-1", "A-2"]


def test_a_dispute_after_a_lost_one_is_asked_about(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    from payments.ledger.disputes import sync_disputes

    lost = stripe.dispute(paid.session_id)
    stripe.close_dispute(lost["id"], "lost")
    tell(stripe, deliver, "charge.dispute")
    assert paid.payment.next_check_at is None

    second = StripeDispute(
        "dp_second", "pi", 100, "eur", DisputeStatus.NEEDS_RESPONSE, "general", next_question()
    )
    sync_disputes(paid.payment, [second], cause=Cause.WEBHOOK)

    assert paid.payment.next_check_at is not None


def test_an_event_of_a_dispute_brings_it_whatever_the_charge_says(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, inquiry=True)

    tell(stripe, deliver, "charge.dispute.created")

    assert Dispute.objects.get().status == "warning_needs_response"


def test_an_older_warning_does_not_make_a_newer_one_actionable_again(
    paid: Purchase, deliver: Deliver
) -> None:
    intent = paid.payment.payment_intent_id
    for number, actionable in enumerate((False, True)):
        warning = {"id": "issfr_1", "fraud_type": "misc", "payment_intent": intent, "actionable": actionable}
        kind = "radar.early_fraud_warning.updated"
        deliver({"id": f"evt_w{number}", "type": kind, "data": {"object": warning}})

    assert FraudWarning.objects.get().is_actionable is False


def test_a_payment_that_stripe_does_not_know_can_be_let_go_a_day_after_its_end(
    purchase: Purchase, stripe: Sandbox
) -> None:
    manager = make_user("Box office")
    stripe.post("/reset")
    ask(purchase.payment, cause=Cause.STAFF)
    with pytest.raises(NotPossible, match="a day after"):
        do(Action.RELEASE, manager, purchase)
    past = timezone.now() - timedelta(days=2)
    Payment.objects.update(created_at=past, expires_at=past + timedelta(minutes=31))

    do(Action.RELEASE, manager, purchase)

    assert Seat.objects.free().count() == 20


@pytest.mark.usefixtures("impatient")
def test_a_release_that_stripe_did_not_hear_says_that_it_follows(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/checkout/sessions/*", "500_before")
    with pytest.raises(NotPossible, match="as soon as Stripe answers"):
        do(Action.RELEASE, make_user("Box office"), purchase)

    run()

    assert Seat.objects.free().count() == 20


def test_a_action_that_was_interrupted_is_not_called_done(paid: Purchase) -> None:
    manager = make_user("Box office")
    many = bulk.start(
        Payment.objects.all(), action=Action.RESEND, actor=manager, reason="They asked.", form_id="f"
    )
    item = many.items.get()
    StaffAction.objects.create(
        form_id=f"bulk-{item.pk}",
        action=Action.RESEND,
        actor=manager,
        payment=paid.payment,
        reason="They asked.",
    )

    work("continue_bulk_run")

    item.refresh_from_db()
    assert item.outcome == "failed"
    assert "interrupted" in item.words


def test_news_that_was_overtaken_is_not_mailed(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(purchase, stripe, deliver)
    assert purchase.payment.problem
    for booking in event.bookings.filter(name="Bob"):
        release(booking)
    reseat(purchase.payment, cause=Cause.STAFF)

    work()

    assert [one.subject for one in mail.outbox] == ["Your tickets: Demo Night"]


def test_a_payment_of_before_its_state_was_kept_can_be_asked_about(
    buy: Buy, stripe: Sandbox, client: Client
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    purchase.put("succeeded")  # Its stripe_state is empty.

    body = {"session_id": purchase.session_id}
    response = client.post("/api/payment-status/verify", body, content_type="application/json")

    assert response.status_code == 200
    assert purchase.payment.stripe_state == StripeState.PAID
