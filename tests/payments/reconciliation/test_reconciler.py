from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Seat
from payments import tasks
from payments.gateway.checkout.sessions import expire_session, fetch_session
from payments.gateway.client import stripe_client
from payments.models import (
    Backfill,
    Outcome,
    Payment,
    PaymentStatus,
    StripeEvent,
    StripeState,
    Transition,
)
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.schedule import next_check
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once

NOW = timezone.now()


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def run(**options: Any) -> Run:
    return reconcile(Run(rate=1_000), **options)


def make_due() -> None:
    Payment.objects.update(next_check_at=timezone.now() - timedelta(seconds=1), asked_at=None)


def let_end(purchase: Purchase, stripe: Sandbox) -> None:
    """Let the time to pay be over, here and at Stripe."""
    stripe.post("/clock", {"seconds": 32 * 60})
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.filter(session_id=purchase.session_id).update(
        created_at=past - timedelta(minutes=31), expires_at=past, next_check_at=past
    )


def without_retries(settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()


# Payments


def test_a_paid_session_whose_event_was_lost_is_settled(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    make_due()

    counts = run().counts

    assert counts["settled"] == 1
    assert purchase.tickets == ["A-1", "A-2"]
    assert purchase.payment.transitions.get().cause == "reconciler"
    assert len(stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}")) == 1


def test_a_payment_is_asked_about_when_it_is_due_and_not_before(purchase: Purchase, stripe: Sandbox) -> None:
    assert run().counts["asked"] == 0
    assert run(everything=True).counts["asked"] == 1


def test_an_undecided_payment_is_asked_about_ever_more_rarely(purchase: Purchase, stripe: Sandbox) -> None:
    pauses = []
    for _ in range(2):
        make_due()
        run()
        planned = purchase.payment.next_check_at
        assert planned is not None
        pauses.append(planned - timezone.now())

    assert purchase.payment.checks == 2
    assert pauses[0] < pauses[1]


@pytest.mark.parametrize("status", ["pending", "processing", "refund_due", "disputed"])
def test_the_intervals_grow_up_to_a_bound_with_jitter(status: str) -> None:
    def pause(checks: int) -> timedelta:
        at = next_check(status, checks=checks, ends_at=NOW + timedelta(days=90), now=NOW)
        assert at is not None
        return at - NOW

    first, tenth, hundredth = pause(0), pause(10), pause(100)
    assert first < tenth
    assert hundredth <= timedelta(days=1) * 1.2
    assert len({pause(3) for _ in range(10)}) > 1


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_what_is_decided_is_not_asked_about_again(purchase: Purchase, stripe: Sandbox, outcome: str) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    run(everything=True)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": outcome == "succeeded"})
    make_due()

    run()

    assert (purchase.payment.status, purchase.payment.next_check_at) == (outcome, None)


def test_a_session_is_asked_about_within_seconds_of_its_end() -> None:
    ends_at = NOW + timedelta(seconds=30)

    at = next_check("pending", checks=0, ends_at=ends_at, now=NOW)

    assert at == ends_at + timedelta(seconds=5)


def test_an_abandoned_session_frees_its_seats_after_its_end(purchase: Purchase, stripe: Sandbox) -> None:
    let_end(purchase, stripe)

    tasks.reconcile(timestamp=0)

    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert purchase.booking.status == BookingStatus.RELEASED
    assert Seat.objects.free().count() == 20


def test_a_session_that_stripe_still_keeps_open_after_its_end_is_closed_first(
    purchase: Purchase, stripe: Sandbox
) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.update(created_at=past - timedelta(minutes=31), expires_at=past, next_check_at=past)

    run()

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.payment.status == PaymentStatus.EXPIRED


def test_a_session_paid_between_the_look_and_the_closing_counts_as_paid(
    purchase: Purchase, stripe: Sandbox
) -> None:
    session = fetch_session(purchase.session_id)
    assert session.state == StripeState.OPEN
    stripe.pay(purchase.session_id)

    closed = expire_session(purchase.session_id)

    assert closed.state == StripeState.PAID


def test_seats_stay_held_while_stripe_is_away(
    purchase: Purchase, stripe: Sandbox, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    without_retries(settings)
    let_end(purchase, stripe)
    payment = purchase.payment
    type(payment.booking).objects.update(created_at=payment.created_at, held_until=payment.expires_at)
    stripe.fault("* /v1/*", "500_before", times=None)

    counts = run().counts

    assert counts["unreachable"] >= 1
    assert purchase.payment.status == PaymentStatus.PENDING
    assert purchase.payment.check_error
    assert Seat.objects.free().count() == 18
    assert "seats stay on hold" in caplog.text

    stripe.clear_faults()
    make_due()
    run()
    assert (purchase.payment.status, purchase.payment.check_error) == (PaymentStatus.EXPIRED, "")


def test_a_run_ends_when_stripe_is_away_instead_of_waiting_for_each_payment(
    buy: Buy, stripe: Sandbox, settings: Any
) -> None:
    without_retries(settings)
    for number in range(1, 7):
        buy(f"B-{number}")
    make_due()
    stripe.fault("* /v1/*", "500_before", times=None)

    counts = run().counts

    stripe.clear_faults()
    assert (counts["unreachable"], counts["stopped"]) == (3, 1)
    assert Payment.objects.filter(next_check_at__lte=timezone.now()).count() == 3


def test_payments_that_stripe_fails_at_do_not_keep_the_others_from_their_turn(
    buy: Buy, stripe: Sandbox, settings: Any
) -> None:
    without_retries(settings)
    bought = [buy(f"B-{number}") for number in range(1, 9)]
    make_due()
    for purchase in bought[:7]:
        stripe.fault(f"GET /v1/checkout/sessions/{purchase.session_id}", "500_before", times=None)

    counts = run().counts

    stripe.clear_faults()
    assert (counts["unreachable"], counts["asked"], counts["stopped"]) == (7, 1, 0)


def test_one_bad_payment_never_stops_the_sweep(buy: Buy, stripe: Sandbox) -> None:
    first, second = buy("A-1"), buy("A-2")
    for purchase in (first, second):
        stripe.pay(purchase.session_id)
    make_due()
    with connection.cursor() as cursor:  # The database refuses to let the first one go.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        stuck = f"CHECK (id <> {first.payment.pk} OR status = 'pending')"
        cursor.execute(f"ALTER TABLE payments_payment ADD CONSTRAINT stuck {stuck}")

    counts = run().counts

    assert second.payment.status == PaymentStatus.SUCCEEDED
    assert first.payment.status == PaymentStatus.PENDING
    assert "stuck" in first.payment.check_error
    assert counts["failed"] == 1


def test_a_session_that_stripe_does_not_know_is_a_conflict_and_changes_nothing(
    purchase: Purchase, stripe: Sandbox
) -> None:
    Payment.objects.update(session_id="cs_test_unheard_of")
    make_due()

    run()

    payment = Payment.objects.get()
    assert (payment.status, payment.stripe_state) == (PaymentStatus.PENDING, StripeState.MISSING)
    assert Seat.objects.free().count() == 18


def test_a_debit_that_takes_days_keeps_its_seats_until_it_is_decided(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    let_end(purchase, stripe)
    for _ in range(3):
        make_due()
        run()
    assert purchase.payment.status == PaymentStatus.PROCESSING
    assert Seat.objects.free().count() == 18

    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    make_due()
    run()

    assert purchase.payment.status == PaymentStatus.FAILED
    assert Seat.objects.free().count() == 20


def test_a_cancellation_that_stripe_did_not_hear_is_made_up_for(
    purchase: Purchase, stripe: Sandbox, client: Client, settings: Any
) -> None:
    without_retries(settings)
    stripe.fault("POST /v1/checkout/sessions/*/expire", "500_before")
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    assert Seat.objects.free().count() == 18

    run()

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.booking.status == BookingStatus.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_two_reconcilers_at_once_ask_about_each_payment_once(stripe: Sandbox, client: Client) -> None:
    make_event()
    for number in range(1, 7):
        wish = {"event": "demo-night", "seats": [f"A-{number}"], "name": "Ada", "email": "ada@example.com"}
        client.post("/api/checkout", wish, content_type="application/json")
    make_due()

    runs = at_once(lambda _: run(), 3)

    assert sum(one.counts["asked"] for one in runs) == 6
    assert len(stripe.requests("GET /v1/checkout/sessions/cs_")) == 6


def test_a_payment_that_the_customer_just_asked_about_is_left_for_later(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    body = {"session_id": purchase.session_id}
    client.post("/api/payment-status/verify", body, content_type="application/json")
    Payment.objects.update(next_check_at=timezone.now())

    assert run().counts["asked"] == 0


def test_calls_to_stripe_are_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("payments.reconciliation.run.time.sleep", slept.append)
    monkeypatch.setattr("payments.reconciliation.run.time.monotonic", lambda: 100.0)
    pace = Run(rate=10)

    for _ in range(4):
        pace.pace()

    assert [round(pause, 3) for pause in slept] == [0, 0.1, 0.2, 0.3]


# Events


def forget_payments() -> None:
    """Let the reconciler have nothing to ask about, so that only the events can tell."""
    Payment.objects.update(next_check_at=timezone.now() + timedelta(days=1))


def test_an_event_that_was_never_delivered_is_read_from_stripes_list(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id)
    forget_payments()

    run()

    assert purchase.tickets == ["A-1", "A-2"]
    event = StripeEvent.objects.get()
    assert (event.type, event.outcome) == ("checkout.session.completed", Outcome.APPLIED)
    assert event.deliveries == 0
    assert purchase.payment.transitions.get().cause == "webhook"


def test_an_event_that_was_read_and_then_delivered_is_a_duplicate(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    run()

    assert deliver("completed", purchase).json()["outcome"] == "duplicate"
    assert StripeEvent.objects.get().deliveries == 1


def test_the_list_is_read_from_where_the_last_reading_ended(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    run()
    first = Backfill.objects.get().read_until
    stripe.post("/clock", {"seconds": 3600})
    stripe.refund(purchase.session_id)
    run()

    asked = [entry["url"] for entry in stripe.requests("GET /v1/events")]
    assert len(asked) == 2
    assert str(int((first - timedelta(minutes=5)).timestamp())) in asked[1]
    assert purchase.payment.status == PaymentStatus.REFUNDED


def test_the_list_is_read_to_its_end_however_long_it_is(buy: Buy, stripe: Sandbox) -> None:
    paid = [buy(f"A-{number}") for number in range(1, 6)]
    for purchase in paid:
        stripe.pay(purchase.session_id)
        for _ in range(10):
            stripe.refund(purchase.session_id, 1)
    forget_payments()

    run()

    assert len(stripe.requests("GET /v1/events")) == 2
    assert {purchase.payment.status for purchase in paid} == {PaymentStatus.PARTIALLY_REFUNDED}


def test_events_of_other_shops_are_passed_over(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    Payment.objects.update(reference="A" * 26, session_id=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET status = 'failed', next_check_at = NULL")

    counts = run().counts

    # It claims to be ours, since its metadata looks like ours, and nobody knows it: staff shall see that.
    assert counts["event_failed"] == 1


def test_a_failed_event_is_applied_again_by_itself(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    assert deliver("completed", purchase).status_code == 500
    Seat.objects.filter(label="A-2").update(booking=purchase.booking)
    forget_payments()

    assert run().counts["event_applied"] == 0  # Stripe's own next try comes first.
    StripeEvent.objects.update(retry_at=timezone.now())
    assert run().counts["event_applied"] == 1

    assert purchase.tickets == ["A-1", "A-2"]


@pytest.mark.parametrize("unstorable", ["\0", "\ud800"])
def test_an_event_that_fails_with_unstorable_words_keeps_none_from_its_turn(
    unstorable: str, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    odd, plain = buy("A-1"), buy("A-2")
    for purchase in (odd, plain):
        stripe.pay(purchase.session_id)
    event = stripe.event("completed", odd.session_id)
    event["data"]["object"]["payment_status"] = f"half{unstorable}paid"
    Seat.objects.filter(label="A-2").update(booking=None)
    assert [deliver(event).status_code, deliver("completed", plain).status_code] == [500, 500]
    Seat.objects.filter(label="A-2").update(booking=plain.booking)
    forget_payments()
    StripeEvent.objects.update(retry_at=timezone.now())

    run()

    assert plain.tickets == ["A-2"]
    failed = StripeEvent.objects.get(event_id=event["id"])
    assert "half\\" in failed.traceback


def test_an_event_whose_process_died_before_its_effects_is_applied(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    StripeEvent.objects.update(outcome=Outcome.RECEIVED, decided_at=None, retry_at=timezone.now())

    run()

    assert StripeEvent.objects.get().outcome == Outcome.APPLIED


def test_an_hour_without_webhooks_is_caught_up_with_one_call_a_payment(buy: Buy, stripe: Sandbox) -> None:
    purchases = [buy(f"{row}-{number}") for row in "AB" for number in range(1, 11)]
    for purchase in purchases[:15]:
        stripe.pay(purchase.session_id)
    make_due()

    run()

    assert sum(purchase.payment.status == PaymentStatus.SUCCEEDED for purchase in purchases) == 15
    assert len(stripe.requests("GET /v1/checkout/sessions/cs_")) == 20


# The command


def command(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("reconcile", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_what_it_found_and_did(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)

    status, words = command()

    assert status == 0
    assert f"{purchase.payment.reference}: pending → succeeded" in words
    assert "     1  asked\n" in words
    assert "     1  settled\n" in words


def test_the_command_says_that_there_was_nothing_to_do(db: None, stripe: Sandbox) -> None:
    assert command() == (0, "No open payments and no missed events.\n")


def test_a_dry_run_asks_and_changes_nothing(
    purchase: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    other = buy("B-1")
    stripe.pay(other.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", other)
    stripe.post(f"/sessions/{other.session_id}/settle", {"ok": True})
    tables = (Payment, Transition, StripeEvent, Seat, Backfill)
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    status, words = command("--dry-run")

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    assert status == 0
    assert (
        f"{purchase.payment.reference}: pending here, paid at Stripe: stripe_ahead. Issue the tickets."
        in words
    )
    assert f"{other.payment.reference}: processing here, paid at Stripe: stripe_ahead" in words
    assert "checkout.session.completed is not known here" in words


def test_the_command_fails_when_something_did(purchase: Purchase, stripe: Sandbox, settings: Any) -> None:
    without_retries(settings)
    stripe.fault("* /v1/*", "500_before", times=None)

    status, words = command()

    stripe.clear_faults()
    assert status == 1
    assert "can't reach Stripe" in words


@pytest.mark.parametrize("rate", ["0", "-1", "fast"])
def test_a_rate_that_is_none_is_refused(db: None, rate: str) -> None:
    with pytest.raises(Exception, match="rate"):
        call_command("reconcile", f"--rate={rate}")
