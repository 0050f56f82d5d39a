"""A key that Stripe refuses, a clock that is wrong, and mails that nobody takes are seen at once."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Seat
from payments.gateway.client import stripe_client
from payments.health.collectors import DATABASE
from payments.models import RefusedQuestion
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Purchase
from tests.support.staff import somebody_of
from tests.support.worker import work

WISH = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}


def run() -> None:
    reconcile(Run(rate=1_000))


def warned(client: Client) -> set[str]:
    """Return what ``/readyz`` warns of, except that no worker lives in this test."""
    return {it["code"] for it in client.get("/readyz").json()["warnings"]} - {"no_worker"}


def front_page() -> str:
    return somebody_of("Box office").get("/admin/").content.decode()


@pytest.fixture
def revoked(stripe: Sandbox, settings: Any) -> Iterator[None]:
    settings.STRIPE_SECRET_KEY = "sk_test_revoked"
    stripe_client.cache_clear()
    yield
    stripe_client.cache_clear()


def let_time_pass() -> None:
    """Let the last refusal be longer ago than another process could be between two of its own."""
    RefusedQuestion.objects.update(last_at=timezone.now() - timedelta(minutes=2))


def test_a_revoked_key_is_an_alert_with_the_next_run(
    purchase: Purchase, client: Client, revoked: None
) -> None:
    run()

    assert warned(client) == {"key_refused"}
    assert DATABASE.get_sample_value("admit_stripe_refusals") == 1
    assert "Stripe rejects the shop’s key" in front_page()


def test_customers_read_that_the_shop_can_t_take_payments(event: Any, client: Client, revoked: None) -> None:
    answer = client.post("/api/checkout", WISH, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert answer.json()["error"]["message"] == (
        "We can’t take payments right now. Nothing was booked or charged. Try again in an hour, or contact "
        "the organiser."
    )
    assert Seat.objects.free().count() == 20
    assert warned(client) == {"key_refused"}


def test_the_alert_ends_once_stripe_takes_the_key_again(
    purchase: Purchase, client: Client, settings: Any, revoked: None
) -> None:
    run()
    settings.STRIPE_SECRET_KEY = "sk_test_admit"
    stripe_client.cache_clear()
    run()
    assert warned(client) == {"key_refused"}  # Another process may still have the other key.
    let_time_pass()

    run()

    assert warned(client) == set()


def test_a_restricted_key_is_an_alert_until_it_may_again(
    buy: Buy, client: Client, stripe: Sandbox, event: Any
) -> None:
    stripe.fault("POST /v1/checkout/sessions*", "403", times=2)
    assert client.post("/api/checkout", WISH, content_type="application/json").status_code == 503
    assert RefusedQuestion.objects.get().question == "open_session"
    assert warned(client) == {"right_missing"}
    let_time_pass()
    run()
    assert warned(client) == {"right_missing"}
    let_time_pass()

    run()

    assert warned(client) == set()


@pytest.mark.parametrize("by", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_clock_out_of_step_with_stripe_is_an_alert_with_the_next_run(
    purchase: Purchase, client: Client, stripe: Sandbox, by: timedelta
) -> None:
    """Here it is the worker's: the database and this web process agree with Stripe."""
    with time_machine.travel(timezone.now() + by):
        run()

    assert "clock_wrong" in warned(client)
    assert round(abs(DATABASE.get_sample_value("admit_clock_error_seconds") or 0), -1) == 300
    assert "A server clock is wrong" in front_page()
    run()
    assert warned(client) == set()


def test_a_web_process_whose_clock_is_wrong_says_so(purchase: Purchase, client: Client) -> None:
    run()

    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        codes = warned(client)

    assert "clock_wrong" in codes


def test_mails_that_the_server_refuses_leave_a_line_and_an_alert_within_a_minute(
    paid: Purchase, client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # Nobody listens there.
    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionRefusedError):
        work("mail_tickets")
    with connection.cursor() as cursor:  # As a worker leaves it after the second try, ten seconds later.
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 2 WHERE task_name ~ 'mail_tickets'")

    lines = [line for line in caplog.messages if "isn't sent" in line]
    assert len(lines) == 1
    assert "ConnectionRefusedError" in lines[0]
    assert "ada@" not in lines[0]
    assert warned(client) == {"mails_failing"}
    assert DATABASE.get_sample_value("admit_mails_failing") == 1
    assert "The mail server rejects emails" in front_page()


def test_what_only_the_doctor_asks_raises_no_alert(stripe: Sandbox, event: Any) -> None:
    stripe.fault("GET /v1/webhook_endpoints*", "403")

    with pytest.raises(SystemExit):
        call_command("stripe_doctor", "--no-probe")

    assert not RefusedQuestion.objects.exists()
