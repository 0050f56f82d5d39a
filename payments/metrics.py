"""
Counters and histograms of what this process does, for Prometheus. ``health.collectors`` has the database's.

Each process counts for itself: web processes report at ``/metrics``, the worker at ``WORKER_METRICS_PORT``.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from prometheus_client import Counter, Gauge, Histogram


class Reconciled(StrEnum):
    """What a run of the reconciler did, or couldn't do, with one payment, membership or event."""

    ASKED = "asked"
    MEMBERSHIP_ASKED = "membership_asked"
    SETTLED = "settled"
    GIVEN_UP = "given_up"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    STOPPED = "stopped"
    EVENT_APPLIED = "event_applied"
    EVENT_FAILED = "event_failed"


STRIPE_CALL_SECONDS = Histogram(
    "admit_stripe_call_seconds",
    (
        "Duration of calls to Stripe, including retries and queueing: answered, refused, unavailable, "
        "busy (not sent)."
    ),
    ["call", "outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40),
)
STRIPE_LINE = Gauge("admit_stripe_line", "Requests of this process queueing to write to Stripe.")
STRIPE_LINE_SECONDS = Histogram(
    "admit_stripe_line_seconds",
    "Time writes to Stripe queued before each try, refused ones included.",
    buckets=(0.01, 0.1, 0.5, 1, 2.5, 5, 10, 20, 40),
)
STRIPE_LINE_REFUSED = Counter(
    "admit_stripe_line_refused", "Writes to Stripe refused because the queue was too long."
)
STRIPE_RATE_LIMITED = Counter("admit_stripe_rate_limited", "Requests Stripe rate-limited.")
WEBHOOK_SECONDS = Histogram(
    "admit_webhook_seconds",
    "Duration of webhook requests.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WEBHOOK_REFUSED = Counter(
    "admit_webhook_refused", "Webhook requests that weren't signed Stripe events.", ["code"]
)
SETTLEMENT_DELAY_SECONDS = Histogram(
    "admit_settlement_delay_seconds",
    "Time from a session event at Stripe to its settlement here.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 86_400),
)
VERIFICATIONS = Counter(
    "admit_verifications",
    "Checks requested by customers: done (asked), too soon after the last one (too_early), or failed.",
    ["outcome"],
)
RECONCILED = Counter("admit_reconciler", "Outcomes of the reconciler, per payment and event.", ["outcome"])
REFUNDS_SENT = Counter("admit_refunds_sent", "Refunds sent to Stripe, by its answer.", ["outcome"])
COUNTER_SALES = Counter(
    "admit_counter_sales",
    "Bookings sold without Stripe, by kind: cash, terminal, complimentary, free.",
    ["kind"],
)

# Prometheus misses the first increase of a series that didn't exist before, so all exist from the start.
OUTCOMES = {
    WEBHOOK_REFUSED: ("invalid_signature", "invalid_payload"),
    VERIFICATIONS: ("asked", "too_early", "failed"),
    RECONCILED: tuple(Reconciled),
    COUNTER_SALES: ("cash", "terminal", "complimentary", "free"),
    REFUNDS_SENT: ("accepted", "refused", "unavailable"),
}
for _counter, _outcomes in OUTCOMES.items():
    for _outcome in _outcomes:
        _counter.labels(_outcome)


@contextmanager
def stripe_call(name: str) -> Iterator[None]:
    """Time a call to Stripe; an error's ``outcome`` attribute becomes the label."""
    started, outcome = time.monotonic(), "answered"
    try:
        yield
    except Exception as error:
        outcome = getattr(error, "outcome", "failed")
        raise
    finally:
        STRIPE_CALL_SECONDS.labels(name, outcome).observe(time.monotonic() - started)


@contextmanager
def waiting_in_line() -> Iterator[None]:
    """Time how long a write waits for its turn."""
    began = time.monotonic()
    try:
        yield
    finally:
        STRIPE_LINE_SECONDS.observe(time.monotonic() - began)


@contextmanager
def verification() -> Iterator[None]:
    """Count that Stripe is asked on a customer's behalf, and whether that failed."""
    try:
        yield
    except Exception:
        VERIFICATIONS.labels("failed").inc()
        raise
    VERIFICATIONS.labels("asked").inc()


def note_settlement(event: dict[str, Any]) -> None:
    """Record how long ago Stripe dated ``event``, which was just applied; that date may be any number."""
    created, now = event.get("created"), time.time()
    if isinstance(created, int) and created > 0:
        SETTLEMENT_DELAY_SECONDS.observe(now - min(created, now))
