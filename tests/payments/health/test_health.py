"""What this installation tells the machines that watch it, and its logs."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from bookings.models import Booking, Event
from config.dev.process_group import WORKER, Processes, answers, web
from config.logs import JsonFormatter, LineFormatter
from payments.health.checks import CHECKS
from payments.health.collectors import DATABASE
from payments.ledger.refunds import request_refund
from payments.ledger.verification import verify
from payments.models import Backfill, Cause, Origin, Payment, StripeEvent
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.sandbox import Sandbox, sign
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.worker import work
from waiting import layer
from waiting.hub import Hub


@pytest.fixture(autouse=True)
def worker(db: None) -> None:
    """A worker that has just said that it lives."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


def warnings(client: Client) -> dict[str, tuple[int, int | None]]:
    """Return what ``/readyz`` warns of, though it is ready: how many, and for how many minutes."""
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)
    return {
        warned["code"]: (warned["count"], warned["age"] and warned["age"] // 60)
        for warned in response.json()["warnings"]
    }


def ago(**how_long: int) -> Any:
    return timezone.now() - timedelta(**how_long)


def sample(name: str, **labels: str) -> float:
    """Return a gauge that is read from the database."""
    value = DATABASE.get_sample_value(f"admit_{name}", labels)
    assert value is not None, name
    return value


def counted(name: str, **labels: str) -> float:
    """Return what this process has counted."""
    return REGISTRY.get_sample_value(f"admit_{name}", labels) or 0


def test_a_shop_in_order_warns_of_nothing(client: Client, paid: Purchase, buy: Buy) -> None:
    buy("A-3")

    assert client.get("/readyz").json() == {
        "ready": True,
        "database": "ok",
        "unapplied_migrations": 0,
        "warnings": [],
    }


def test_it_is_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'payments' AND name = '0001_initial'")
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        503,
        {"ready": False, "database": "ok", "unapplied_migrations": 1},
    )


def test_a_database_that_cannot_be_written_to_is_as_good_as_away(
    client: Client, event: Event, stripe: Sandbox
) -> None:
    wish = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}
    client.raise_request_exception = False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")  # As on a standby, to which a pooler may still lead.
        ready = client.get("/readyz")
        before = transaction.savepoint()  # What fails ends a transaction, of which each request has its own.
        api = client.post("/api/checkout", json.dumps(wish), content_type="application/json")
        transaction.savepoint_rollback(before)
        page = client.post("/account/login/", {"email": "ada@example.com"})
        transaction.set_rollback(True)  # and with it the first statement

    assert (ready.status_code, ready.json()) == (503, {"ready": False, "database": "read_only"})
    assert (api.status_code, api.json()["error"]["code"]) == (503, "unavailable")
    assert (page.status_code, "<h1>We’ll be right back</h1>" in page.content.decode()) == (
        503,
        True,
    )
    assert {answer.headers["Retry-After"] for answer in (api, page)} == {"5"}


def test_it_is_not_ready_without_its_database(tmp_path: Path) -> None:
    port = free_port()
    env = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }
    with Processes(env, logs=tmp_path) as processes:
        processes.start("web", *web(port))
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        asked = [f"http://127.0.0.1:{port}{path}" for path in ("/readyz", "/healthz", "/metrics", "/")]
        with ThreadPoolExecutor() as pool:  # Each waits for the database for some seconds.
            ready, healthy, metrics, page = pool.map(lambda url: httpx.get(url, timeout=20), asked)

    assert (ready.status_code, ready.json()) == (503, {"ready": False, "database": "unreachable"})
    assert (healthy.status_code, healthy.text) == (200, "ok")
    assert (metrics.status_code, "\nadmit_database_up 0.0\n" in metrics.text) == (200, True)
    assert "\nadmit_listening 0.0\n" in metrics.text
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "<h1>We’ll be right back</h1>" in page.text
    log = (tmp_path / "web.log").read_text()
    assert "uvicorn.error Application startup complete." in log
    assert "GET /readyz" not in log  # Addresses are secrets, so nobody writes down who asked for which.


def test_a_worker_that_gives_no_sign_of_life_is_missed(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '130 s'")

    assert warnings(client) == {"no_worker": (0, 2)}
    assert sample("workers") == 0


def test_a_reconciler_of_which_no_run_ends_is_missed(client: Client, stripe: Sandbox) -> None:
    app.configure_task("payments.tasks.reconcile").defer(timestamp=0)
    assert warnings(client) == {}  # It has just been asked for.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '130 s'")
    assert warnings(client) == {"reconciler_silent": (0, 2)}

    reconcile(Run())
    assert warnings(client) == {}
    Backfill.objects.update(ended_at=ago(minutes=3))

    assert warnings(client) == {"reconciler_silent": (0, 3)}
    assert sample("reconciler_ended_seconds") >= 180


def test_a_payment_that_nobody_decides_is_warned_of(client: Client, buy: Buy) -> None:
    buy("A-1")
    debit = buy("A-2")
    debit.put("processing")  # It may take days, long after its session has ended.
    hour_ago = {"created_at": ago(hours=2), "expires_at": ago(hours=1), "next_check_at": ago(minutes=5)}
    Payment.objects.update(**hour_ago)
    Booking.objects.update(created_at=ago(hours=2), held_until=ago(minutes=30))

    assert warnings(client) == {"payments_overdue": (1, 60)}
    assert round(sample("undecided_overdue_seconds"), -2) == 3_600
    assert round(sample("checks_overdue_seconds"), -2) == 300
    assert sample("holds_overdue") == 1


def test_an_event_that_could_not_be_applied_is_warned_of(client: Client, paid: Purchase) -> None:
    StripeEvent.objects.update(outcome="failed", traceback="…", received_at=ago(minutes=3))

    assert warnings(client) == {"events_failed": (1, 3)}
    assert sample("events_failed") == 1


def test_a_webhook_that_stripe_does_not_reach_is_warned_of(
    client: Client, paid: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    StripeEvent.objects.update(received_at=ago(hours=30))
    untold = [buy("B-1"), buy("B-2")]
    for purchase in untold:
        stripe.pay(purchase.session_id)
    verify(untold[0].session_id)
    call_command("reconcile", stdout=StringIO())
    assert {purchase.payment.status for purchase in untold} == {"succeeded"}
    assert warnings(client) == {}  # The events may be on their way.

    for purchase in untold:
        purchase.payment.transitions.update(at=ago(minutes=20))
    assert warnings(client) == {"webhook_silent": (2, 20)}
    assert sample("untold_payments") == 2
    assert round(sample("last_webhook_age_seconds"), -3) == 108_000

    deliver("completed", untold[0])
    StripeEvent.objects.filter(payment=untold[0].payment).update(received_at=timezone.now())
    assert warnings(client) == {}
    assert sample("last_webhook_age_seconds") < 60


def test_a_refund_that_waits_for_staff_is_warned_of(client: Client, paid: Purchase, stripe: Sandbox) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    stripe.dispute(paid.session_id)
    work("send_refund")
    paid.payment.refunds.update(created_at=ago(minutes=9))

    assert warnings(client) == {"refunds_waiting_for_staff": (1, 9)}
    assert sample("refunds", status="refused") == sample("refunds_waiting_for_staff") == 1


def test_mails_that_nobody_takes_are_warned_of(client: Client, paid: Purchase) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 3 WHERE task_name ~ 'mail_tickets'")

    assert warnings(client) == {"mails_failing": (1, None)}
    assert sample("jobs", task="mail_tickets", status="todo") == 1


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7", ""])
def test_the_public_reads_neither_metrics_nor_warnings(client: Client, address: str) -> None:
    ready = client.get("/readyz", REMOTE_ADDR=address)

    assert (ready.status_code, "warnings" in ready.json()) == (200, False)
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 403


def test_a_proxy_does_not_lend_its_address_to_the_public(client: Client) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 200


def test_gauges_tell_what_the_database_knows(client: Client, paid: Purchase, buy: Buy) -> None:
    buy("A-3")

    assert [sample("payments", status=status) for status in ("pending", "succeeded", "failed")] == [1, 1, 0]
    assert [sample(name) for name in ("database_up", "workers", "disputes_open", "notices_unsent")] == [
        1,
        1,
        0,
        0,
    ]


def test_open_disputes_and_mails_that_are_owed_are_told(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id)
    deliver(next(event for event in stripe.events() if event["type"] == "charge.dispute.created"))

    assert (sample("disputes_open"), sample("notices_unsent")) == (1, 1)


def test_the_gauges_take_few_statements(django_assert_max_num_queries: Any, client: Client) -> None:
    with django_assert_max_num_queries(30):
        client.get("/metrics")
    with django_assert_max_num_queries(18):
        client.get("/readyz")


def before_and_after(action: Callable[[], object], *series: tuple[str, dict[str, str]]) -> list[float]:
    """Return by how much each of these series grows with ``action``."""
    before = [counted(name, **labels) for name, labels in series]
    action()
    return [counted(name, **labels) - was for (name, labels), was in zip(series, before, strict=True)]


def call(name: str, outcome: str) -> tuple[str, dict[str, str]]:
    return "stripe_call_seconds_count", {"call": name, "outcome": outcome}


def test_a_purchase_is_counted_where_it_happens(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    grown = before_and_after(
        lambda: [deliver("completed", purchase), deliver("completed", purchase)],
        ("webhook_events_total", {"outcome": "applied"}),
        ("webhook_events_total", {"outcome": "duplicate"}),
        ("webhook_seconds_count", {}),
        ("settlement_delay_seconds_count", {}),
    )
    mailed = before_and_after(work, ("mails_total", {"outcome": "sent"}))

    assert (grown, mailed) == ([1, 1, 2, 1], [1])


def test_what_stripe_did_not_sign_is_counted(client: Client) -> None:
    def post(body: bytes, secret: str) -> Any:
        headers = {"Stripe-Signature": sign(body, secret)}
        return client.post("/api/webhook/stripe", body, content_type="application/json", headers=headers)

    grown = before_and_after(
        lambda: [post(b"{}", "whsec_forged"), post(b"{}", "whsec_new")],
        ("webhook_refused_total", {"code": "invalid_signature"}),
        ("webhook_refused_total", {"code": "invalid_payload"}),
    )

    assert grown == [1, 1]


def test_questions_to_stripe_are_counted(purchase: Purchase, stripe: Sandbox) -> None:
    def ask_often() -> None:
        verify(purchase.session_id)
        verify(purchase.session_id)
        Payment.objects.update(asked_at=None)
        stripe.fault("GET /v1/checkout/sessions/*", "500_before", times=None)
        with pytest.raises(Exception, match="unknown error"):
            verify(purchase.session_id)

    grown = before_and_after(
        ask_often,
        *[("verifications_total", {"outcome": outcome}) for outcome in ("asked", "too_early", "failed")],
        call("fetch_session", "answered"),
        call("fetch_session", "unavailable"),
    )

    assert grown == [1, 1, 1, 1, 1]


def test_the_reconciler_counts_what_it_does(purchase: Purchase, buy: Buy, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    series = [
        ("reconciler_total", {"outcome": outcome})
        for outcome in ("asked", "settled", "unreachable", "failed")
    ]
    dry = before_and_after(lambda: call_command("reconcile", "--dry-run", stdout=StringIO()), *series)
    wet = before_and_after(lambda: call_command("reconcile", stdout=StringIO()), *series)

    assert (dry, wet) == ([0, 0, 0, 0], [1, 1, 0, 0])


def test_refunds_are_counted_by_what_stripe_said(paid: Purchase, stripe: Sandbox) -> None:
    ticket = paid.booking.tickets.first()
    assert ticket is not None
    outcomes = ("accepted", "refused", "unavailable")
    series = [("refunds_sent_total", {"outcome": outcome}) for outcome in outcomes]

    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket])
    accepted = before_and_after(lambda: work("send_refund"), *series)
    stripe.dispute(paid.session_id)
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    refused = before_and_after(lambda: work("send_refund"), *series)

    assert (accepted, refused) == ([1, 0, 0], [0, 1, 0])


def test_held_requests_that_are_woken_are_counted() -> None:
    async def hold_and_wake() -> None:
        hub, deadline = Hub(), asyncio.get_running_loop().time() + 60
        for_ever = asyncio.Event().wait
        waiting = [
            asyncio.create_task(hub.wait("a", since=hub.sequence, deadline=deadline, receive=for_ever))
            for _ in range(3)
        ]
        await asyncio.sleep(0)
        hub.wake("b")
        hub.wake("a")
        assert await asyncio.gather(*waiting) == [True] * 3

    grown = before_and_after(lambda: asyncio.run(hold_and_wake()), ("woken_requests_total", {}))

    assert grown == [3]


@pytest.mark.django_db(transaction=True)
def test_the_worker_tells_its_metrics_at_a_port_of_its_own(tmp_path: Path, stripe: Sandbox) -> None:
    port = free_port()
    database = connection.settings_dict["NAME"]
    url = re.sub(r"/\w+\?", f"/{database}?", os.environ["DATABASE_URL"])
    env = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "WORKER_METRICS_PORT": str(port)}
    with Processes({**env, "STRIPE_API_BASE": stripe.url}, logs=tmp_path) as processes:
        processes.start("worker", *WORKER)
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text

    assert '\nadmit_mails_total{outcome="sent"} 0.0\n' in text
    assert "admit_payments{" not in text


# Logs


def test_a_line_for_people_ends_with_what_it_is_about() -> None:
    about = {"payment": "PAY", "refund": "", "name": "payments", "email": "ada@example.com"}
    record = logging.makeLogRecord(
        {"msg": "refused: %s", "args": ("too late",), "levelname": "ERROR", **about}
    )

    assert LineFormatter().format(record).endswith(" ERROR payments refused: too late payment=PAY")


def test_a_line_for_machines_is_json() -> None:
    told = json.loads(
        JsonFormatter().format(logging.makeLogRecord({"msg": "sent", "payment": "PAY", "levelname": "INFO"}))
    )

    assert {key: told[key] for key in ("level", "message", "payment")} == {
        "level": "INFO",
        "message": "sent",
        "payment": "PAY",
    }


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("mail to ada.l+x@mail.example.com failed", "mail to …@… failed"),
        ("No such session: cs_test_a1B2", "No such session: cs_test_…"),
        ("Invalid key sk_live_abc123 or rk_test_9", "Invalid key sk_live_… or rk_test_…"),
        ("signed with whsec_abc", "signed with whsec_…"),
        (f"Not Found: /bookings/{'A' * 26}/", "Not Found: /bookings/…/"),
        ("DETAIL:  Failing row contains (1, Ada Lovelace).", "DETAIL: …"),
        ("/srv/admit/bookings/tickets/issuing.py", "/srv/admit/bookings/tickets/issuing.py"),
    ],
)
@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_no_line_tells_a_secret_or_an_address(said: str, written: str, formatter: logging.Formatter) -> None:
    record = logging.makeLogRecord({"msg": said})

    assert written in formatter.format(record)
    assert formatter.format(record).count("ada") == written.count("ada")


def test_a_long_line_is_written_all_the_same() -> None:
    assert len(LineFormatter().format(logging.makeLogRecord({"msg": "a" * 1_000_000}))) > 1_000_000


def test_one_payment_can_be_followed_through_the_log(
    purchase: Purchase,
    stripe: Sandbox,
    deliver: Deliver,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    caplog.set_level(logging.INFO)
    stripe.pay(purchase.session_id)
    with django_capture_on_commit_callbacks(execute=True):
        deliver("completed", purchase)
    request_refund(purchase.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    work("send_refund")
    reference = purchase.payment.reference
    told = [r.getMessage() for r in caplog.records if getattr(r, "payment", "") == reference]

    assert told == [
        "checkout.session.completed: applied",
        "pending → succeeded, by webhook",
        "sent",
    ]
    written = "".join(LineFormatter().format(record) for record in caplog.records)
    assert purchase.session_id not in written
    assert "ada@example.com" not in written


# What is watched exists


def series_told(client: Client) -> set[str]:
    """Return the names that a query can use of what is told at ``/metrics``."""
    names = set()
    assert layer.HELD  # A web process has imported this, too.
    for family in text_string_to_metric_families(client.get("/metrics").content.decode()):
        names |= {sample.name for sample in family.samples} | {family.name}
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [])
        names |= {family.name + ending for ending in endings}
    return names


def test_every_metric_is_explained(client: Client, paid: Purchase) -> None:
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    unexplained = [family.name for family in families if not family.documentation.endswith(".")]

    assert [name for name in unexplained if name.startswith("admit_")] == []


def test_the_alerts_are_about_metrics_that_exist(client: Client, paid: Purchase) -> None:
    groups = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"admit_\w+", rule["expr"])}

    assert named - series_told(client) == set()
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules)
    assert len({rule["alert"] for rule in rules}) == len(rules)


def test_every_warning_and_alert_is_explained() -> None:
    alerts = re.findall(r"alert: (\w+)", (ROOT / "deploy/alerts.yml").read_text())
    explained = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)

    assert explained == [check.__name__ for check in CHECKS] + alerts


def test_the_dashboard_is_about_metrics_that_exist(client: Client, paid: Purchase) -> None:
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    named = {name for query in queries for name in re.findall(r"admit_\w+", query)}

    assert named - series_told(client) == set()
    assert len(queries) >= 15
