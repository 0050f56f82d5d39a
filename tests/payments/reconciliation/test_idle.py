"""A customer who has left keeps seats for twelve minutes, one who is at it until the session's end."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from bookings.models import Booking, BookingStatus, Event, Seat
from payments.models import Payment, PaymentStatus
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.page_text import texts_of
from tests.support.sandbox import Sandbox
from tests.support.shop import Purchase


def run(**options: Any) -> Run:
    return reconcile(Run(rate=1_000, **options))


def let_pass(minutes: int, *, since: str = "created_at") -> None:
    """Let so many minutes have passed since the purchase was begun, or since its customer was seen."""
    past = timezone.now() - timedelta(minutes=minutes)
    Payment.objects.update(created_at=past, next_check_at=timezone.now() + timedelta(minutes=5))
    if since == "active_at":
        Booking.objects.update(active_at=past)


def expirations(stripe: Sandbox) -> int:
    return len(stripe.requests("/expire"))


def test_who_has_left_keeps_the_seats_for_twelve_minutes(purchase: Purchase, stripe: Sandbox) -> None:
    let_pass(11)
    run()
    assert purchase.booking.status == BookingStatus.HELD

    let_pass(13)
    run()

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert (purchase.payment.status, purchase.booking.status) == ("expired", "released")
    assert Seat.objects.free().count() == 20


@pytest.mark.parametrize("how", ["declined", "asked by their bank"])
def test_who_has_tried_to_pay_keeps_them_and_is_asked_about_once(
    purchase: Purchase, stripe: Sandbox, how: str
) -> None:
    if how == "declined":
        stripe.decline(purchase.session_id)
    else:
        stripe.pay(purchase.session_id, card="4000000000003220")
    let_pass(13)

    for _ in range(2):
        run()

    assert purchase.booking.status == BookingStatus.HELD
    assert len(stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}")) == 1
    assert expirations(stripe) == 0


@pytest.mark.parametrize("page", ["/events/demo-night/", "/bookings/{reference}/"])
def test_who_looks_at_a_page_keeps_them(client: Client, event: Event, stripe: Sandbox, page: str) -> None:
    client.post(
        "/events/demo-night/checkout/",
        {"attempt": "one", "quantity": 1, "name": "Ada", "email": "ada@example.com"},
    )
    let_pass(13)
    client.get(page.format(reference=Booking.objects.get().reference))

    run()
    assert Booking.objects.get().status == BookingStatus.HELD

    let_pass(13, since="active_at")
    run()
    assert Booking.objects.get().status == BookingStatus.RELEASED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["/events/demo-night/", "/bookings/{reference}/"])
@pytest.mark.parametrize("trouble", ["a locked booking", "a standby"])
def test_a_page_is_shown_though_nobody_can_note_it(
    client: Client, event: Event, stripe: Sandbox, page: str, trouble: str
) -> None:
    client.post(
        "/events/demo-night/checkout/",
        {"attempt": "one", "quantity": 1, "name": "Ada", "email": "ada@example.com"},
    )
    address = page.format(reference=Booking.objects.get().reference)
    settings = {"lock_timeout": "50ms", "default_transaction_read_only": "on"}
    name = "lock_timeout" if trouble == "a locked booking" else "default_transaction_read_only"

    with psycopg.connect(**connector_params()) as somebody, connection.cursor() as cursor:
        if trouble == "a locked booking":
            somebody.execute("SELECT FROM bookings_booking FOR UPDATE")
        cursor.execute(f"SET {name} = '{settings[name]}'")
        try:
            assert client.get(address).status_code == 200
        finally:
            cursor.execute(f"RESET {name}")
    assert Booking.objects.get().active_at is None


def test_who_comes_back_while_others_are_asked_about_keeps_them(
    client: Client, event: Event, stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(
        "/events/demo-night/checkout/",
        {"attempt": "one", "quantity": 1, "name": "Ada", "email": "ada@example.com"},
    )
    let_pass(13)
    # As long as this takes with many before it, its customer looks at a page.
    monkeypatch.setattr(Run, "pace", lambda self: client.get("/events/demo-night/"))

    run()

    assert Booking.objects.get().status == BookingStatus.HELD
    assert expirations(stripe) == 0


def test_a_page_promises_no_more_than_twelve_minutes(client: Client, event: Event, stripe: Sandbox) -> None:
    client.post(
        "/events/demo-night/checkout/",
        {"attempt": "one", "quantity": 1, "name": "Ada", "email": "ada@example.com"},
    )

    page = " ".join(texts_of(client.get("/events/demo-night/").content.decode()))
    until = timezone.localtime() + timedelta(minutes=12)

    words = [f"until {at:%H:%M} UTC" for at in (until, until - timedelta(minutes=1))]
    assert any(each in page for each in words)


def test_what_was_paid_a_moment_ago_is_paid(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    let_pass(13)

    run()

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert expirations(stripe) == 0


def test_while_stripe_is_away_the_seats_stay(purchase: Purchase, stripe: Sandbox, settings: Any) -> None:
    let_pass(13)
    stripe.fault("POST /v1/checkout/sessions/*/expire", "reset_before", times=3)

    run()
    assert purchase.booking.status == BookingStatus.HELD

    stripe.clear_faults()
    run()
    assert purchase.booking.status == BookingStatus.RELEASED


def test_a_dry_run_closes_nothing(purchase: Purchase, stripe: Sandbox) -> None:
    let_pass(13)

    assert run(is_dry=True).counts["idle"] == 1
    assert purchase.booking.status == BookingStatus.HELD


def test_a_shop_can_leave_them_until_the_end(purchase: Purchase, stripe: Sandbox, settings: Any) -> None:
    settings.HOLD_IDLE = timedelta(minutes=60)
    let_pass(30)

    assert run().counts["asked"] == 0
