"""What went wrong in other shops, tried here. docs/incidents.md tells of it, and names these tests."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event, Seat, Ticket
from payments import tasks
from payments.gateway.checkout.session_params import SESSION_LIFE
from payments.gateway.client import stripe_client
from payments.models import Outcome, Payment, PaymentStatus, StripeEvent, Transition, shop_id
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.webhook import payments
from tests.config.test_settings import NEEDED, manage
from tests.support.paths import ROOT
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once
from tests.support.worker import work

EVENT_TYPES = ROOT / "sandbox" / "webhooks" / "event_types.txt"
# The fields of a session that an event is settled from; docs/decisions.md says why only these.
READ_FROM_EVENTS = [
    *("id", "status", "payment_status", "amount_total", "currency", "metadata", "client_reference_id"),
    *("payment_intent", "expires_at"),
]
FORM = {"attempt": "t1", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
CHECKOUT = "/events/demo-night/checkout/"
SUCCESS = "/payments/success/"


def verify(session_id: str) -> Any:
    body = {"session_id": session_id}
    return Client().post("/api/payment-status/verify", body, content_type="application/json")


def read(session_id: str) -> tuple[str, str]:
    """Return the status that the success page shows, and what the page says about it."""
    page = Client().get(SUCCESS, {"session_id": session_id}).content.decode()
    (status,) = re.findall(r'data-status="(\w+)"', page)
    (words,) = re.findall(r'data-field="message"[^>]*>([^<]*)<', page)
    return status, words


def make_due() -> None:
    Payment.objects.update(next_check_at=timezone.now(), asked_at=None)


def without_retries(settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()


# What customers read


def test_while_stripe_is_silent_nothing_says_that_the_payment_failed(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id)
    stripe.fault("* /v1/*", "reset_before", times=None)

    answer = verify(purchase.session_id)

    stripe.clear_faults()
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        503,
        "We can’t reach the payment provider right now, so we’re still confirming your payment. We’ll keep "
        "trying. Don’t pay again.",
    )
    assert read(purchase.session_id) == ("pending", "We’re confirming your payment.")


def test_who_pays_a_session_that_was_closed_never_reads_that_the_seats_are_theirs(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    stripe.pay(purchase.session_id, late=True)
    before = read(purchase.session_id)

    deliver("completed", purchase)

    assert before == ("expired", "You cancelled before paying. Nothing was charged. The seats were released.")
    assert read(purchase.session_id) == (
        "refund_due",
        "Your payment of €84.00 arrived after this booking had been cancelled, so you have no tickets. "
        "You’ll get all of it back automatically.",
    )


def test_money_that_bought_nothing_brings_no_tickets_by_mail(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    stripe.pay(purchase.session_id, late=True)
    deliver("completed", purchase)

    work()

    (sent,) = mail.outbox
    assert (sent.subject, sent.attachments) == ("Your refund is on its way: Demo Night", [])
    assert not Ticket.objects.exists()


# Paying again, and paying twice


def expired(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)


def cancelled(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    Client().get("/payments/cancelled/", {"session_id": purchase.session_id})


def failed(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("completed", purchase)
    deliver("async_payment_failed", purchase)


@pytest.mark.parametrize("end", [expired, cancelled, failed], ids=lambda end: end.__name__)
def test_who_could_not_pay_can_buy_the_same_seats_again(
    buy: Buy, stripe: Sandbox, deliver: Deliver, end: Callable[..., None]
) -> None:
    end(buy("A-1", "A-2"), stripe, deliver)

    second = buy("A-1", "A-2")
    stripe.pay(second.session_id)
    deliver("completed", second)

    assert second.tickets == ["A-1", "A-2"]


def test_a_declined_card_is_followed_by_a_good_one_in_the_same_session(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.decline(purchase.session_id)
    stripe.pay(purchase.session_id)

    assert {deliver(event).status_code for event in stripe.events()} == {200}

    assert purchase.tickets == ["A-1", "A-2"]
    assert len(stripe.sessions()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_eight_times_at_once_opens_one_session(event: Event, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/checkout/sessions", "slow_ms", ms=300)

    answers = at_once(lambda _: Client().post(CHECKOUT, FORM), 8)

    (session,) = stripe.sessions()
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, session["url"])}
    assert Booking.objects.count() == 1


def test_a_second_tab_gets_other_seats_and_leaves_the_first_ones_purchase_alone(
    event: Event, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    client.post(CHECKOUT, FORM)
    same = client.post(CHECKOUT, {**FORM, "attempt": "t2"})
    client.post(CHECKOUT, {**FORM, "attempt": "t3", "seats": ["B-1"]})
    first, second = stripe.sessions()[::-1]
    stripe.pay(first["id"])

    deliver(stripe.event("completed", first["id"]))

    assert same.status_code == 409
    assert "Seats A-1, A-2 were just taken." in same.content.decode()
    assert Purchase(first["id"], {}).tickets == ["A-1", "A-2"]
    assert stripe.session(second["id"])["status"] == "open"


# Holding seats


def test_seats_are_held_as_long_as_their_session_can_be_paid_and_no_longer(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post("/clock", {"seconds": SESSION_LIFE.total_seconds() - 5})
    make_due()
    tasks.reconcile(timestamp=0)
    assert stripe.session(purchase.session_id)["status"] == "open"
    assert Seat.objects.free().count() == 18

    stripe.post("/clock", {"seconds": 10})
    deliver("expired", purchase)

    assert Seat.objects.free().count() == 20


def test_who_paid_in_time_has_the_seats_though_nobody_told_us_until_the_end(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id)
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.update(created_at=past - timedelta(minutes=31), expires_at=past, next_check_at=past)

    tasks.reconcile(timestamp=0)

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.tickets == ["A-1", "A-2"]


def test_a_clock_that_is_half_a_minute_behind_stripes_opens_sessions_all_the_same(
    buy: Buy, stripe: Sandbox
) -> None:
    stripe.post("/clock", {"seconds": 30})

    assert stripe.session(buy().session_id)["status"] == "open"


# Stripe's events


@pytest.mark.django_db(transaction=True)
def test_event_page_and_reconciler_that_settle_at_once_issue_one_set_of_tickets_quietly(
    event: Event, stripe: Sandbox, buy: Buy, deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    paid = stripe.event("completed", purchase.session_id)
    make_due()

    def settle(number: int) -> int:
        match number % 3:
            case 0:
                return deliver(paid).status_code
            case 1:
                return verify(purchase.session_id).status_code
        reconcile(Run(rate=1_000))
        return 200

    assert at_once(settle, 9) == [200] * 9
    assert purchase.tickets == ["A-1", "A-2"]
    assert Transition.objects.get().to_status == PaymentStatus.SUCCEEDED
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_every_type_of_event_is_taken_and_only_those_that_are_meant_to_change_anything(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    told = stripe.event("completed", purchase.session_id)
    others = set(EVENT_TYPES.read_text().split()) - payments.APPLIED
    assert len(others) > 200

    for number, kind in enumerate(others):
        answer = deliver({**told, "id": f"evt_{number}", "type": kind})
        assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")

    ours = StripeEvent.objects.filter(payment=purchase.payment, outcome=Outcome.IGNORED)
    assert ours.count() == len(others)
    assert purchase.payment.status == PaymentStatus.PENDING


def test_an_event_of_a_newer_version_of_stripes_api_is_applied(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    known = {name: event["data"]["object"][name] for name in READ_FROM_EVENTS}
    newer = {"object": "checkout_session", "invented": {"by": "Stripe"}, "customer_details": []}

    deliver({**event, "api_version": "2030-01-01.tomorrow", "data": {"object": {**newer, **known}}})

    assert purchase.tickets == ["A-1", "A-2"]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("completed", {"payment_status": "unpaid"}),
        ("expired", {"payment_status": "unpaid", "status": "expired"}),
        ("async_payment_failed", {"payment_status": "unpaid"}),
    ],
)
def test_an_event_from_before_the_money_changes_nothing_when_it_comes_after_it(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, kind: str, change: dict[str, str]
) -> None:
    stripe.pay(purchase.session_id)
    paid = stripe.event("completed", purchase.session_id)
    deliver(paid)
    late = {**paid, "id": "evt_late", "type": f"checkout.session.{kind}"}

    deliver({**late, "data": {"object": {**paid["data"]["object"], **change}}})

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.tickets == ["A-1", "A-2"]


def test_a_debit_that_was_said_to_have_failed_and_is_paid_after_all_brings_the_tickets(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    failed(purchase, stripe, deliver)
    event = stripe.event("async_payment_failed", purchase.session_id)
    paid = {**event["data"]["object"], "payment_status": "paid"}

    told = {**event, "id": "evt_paid", "type": "checkout.session.async_payment_succeeded"}
    deliver({**told, "data": {"object": paid}})

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.tickets == ["A-1", "A-2"]


@pytest.mark.parametrize(
    "kind", ["refund.created", "charge.dispute.created", "radar.early_fraud_warning.created"]
)
def test_an_event_about_a_payment_that_stripe_does_not_know_is_somebody_elses(
    db: None, stripe: Sandbox, deliver: Deliver, kind: str
) -> None:
    subject = {"id": "re_foreign", "payment_intent": "pi_of_a_connected_account"}

    answer = deliver({"id": "evt_foreign", "type": kind, "data": {"object": subject}})

    assert (answer.status_code, answer.json()) == (200, {"received": True, "outcome": "ignored"})


def test_an_event_of_the_list_that_could_not_be_read_is_read_by_the_next_run(
    buy: Buy, stripe: Sandbox, settings: Any
) -> None:
    without_retries(settings)
    purchase, younger = buy("A-1"), buy("A-2")
    stripe.pay(purchase.session_id)
    dispute = stripe.dispute(purchase.session_id)
    stripe.post("/clock", {"seconds": 3600})
    stripe.pay(younger.session_id, late=True)
    Payment.objects.update(next_check_at=timezone.now() + timedelta(days=1))
    stripe.fault("GET /v1/payment_intents/*", "500_before", times=None)

    reconcile(Run(rate=1_000))
    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    stripe.clear_faults()
    reconcile(Run(rate=1_000))

    assert purchase.payment.status == PaymentStatus.DISPUTED
    assert purchase.payment.disputes.get().dispute_id == dispute["id"]


def test_an_event_about_something_that_stripe_has_deleted_keeps_no_other_from_being_read(
    purchase: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    stripe.refund(purchase.session_id)
    event = next(event for event in stripe.events() if event["type"] == "refund.created")
    Payment.objects.update(session_id=None)  # The reply with it got lost.
    assert deliver(event).status_code == 500
    stripe.post("/reset")
    StripeEvent.objects.update(retry_at=timezone.now())
    other = buy("B-1")
    stripe.pay(other.session_id)

    reconcile(Run(rate=1_000))

    assert other.tickets == ["B-1"]


# Money


def test_a_price_in_ugandan_shillings_is_charged_as_it_is_shown(
    db: None, stripe: Sandbox, client: Client, deliver: Deliver
) -> None:
    event = make_event(currency="ugx")
    event.seats.filter(label="A-1").update(price=38_000_000)

    client.post(CHECKOUT, {**FORM, "seats": ["A-1"]})

    (session,) = stripe.sessions()
    assert (session["amount_total"], session["currency"]) == (38_000_000, "ugx")
    assert "UGX\N{NO-BREAK SPACE}380,000" in client.get("/events/demo-night/").content.decode()


def test_the_largest_booking_tells_stripe_no_more_than_the_smallest(buy: Buy, stripe: Sandbox) -> None:
    purchase = buy(*(f"{row}-{number}" for row in "AB" for number in range(1, 11)))

    metadata = stripe.session(purchase.session_id)["metadata"]
    assert metadata == {
        "payment": purchase.payment.reference,
        "shop": shop_id(),
        "event": "demo-night",
        "name": "Ada Lovelace",
        "language": "en-gb",
    }


# Health


def test_a_webhook_that_is_kept_out_is_told_to_whoever_watches_the_shop(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.pay(purchase.session_id)
    make_due()
    tasks.reconcile(timestamp=0)
    Transition.objects.update(at=timezone.now() - timedelta(minutes=11))

    warnings = client.get("/readyz").json()["warnings"]

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert {warned["code"]: warned["count"] for warned in warnings}["webhook_silent"] == 1


def test_a_process_without_its_database_is_not_ready() -> None:
    ask = "answer = Client().get('/readyz', secure=True, headers={'host': 'tickets.example.com'})"
    show = f"from django.test import Client; {ask}; print(answer.status_code, answer.json())"
    away = {"DATABASE_URL": "postgresql://admit@127.0.0.1:1/admit?connect_timeout=1"}

    done = manage({**NEEDED, **away}, "shell", "--no-imports", "-c", show)

    assert done.stdout == "503 {'ready': False, 'database': 'unreachable'}\n"


def test_a_process_whose_database_is_not_migrated_is_not_ready(db: None, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        503,
        {"ready": False, "database": "ok", "unapplied_migrations": 1},
    )
