"""
Gauges for Prometheus that are read from the database at each scrape, so they are the same in every process.

What a process counts by itself is in ``payments.metrics``.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bookings.models import Booking, BookingStatus
from bookings.seats.held_share import held_shares
from payments.contact import clock_error
from payments.health import checks
from payments.health.counting import count_by_status, count_exactly
from payments.models import (
    Dispute,
    DisputeEffect,
    MembershipNotification,
    Notification,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    RefusedQuestion,
    Subscription,
    SubscriptionStatus,
)
from payments.models.payment import WAITING

PREFIX = "admit_"
UNFINISHED = [status for status in RefundStatus if status != RefundStatus.SUCCEEDED]


class DatabaseGauges(Collector):
    """All gauges; only ``database_up`` if the database can't be read."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            gauges = [*_payments(), *_memberships(), *_webhook(), *_contact(), *_refunds(), *_jobs()]
        except DatabaseError:
            gauges = []
        up = _gauge("database_up", "Whether this process could read the database just now.", bool(gauges))
        return [up, *gauges]


DATABASE = CollectorRegistry()
DATABASE.register(DatabaseGauges())


def _payments() -> Iterable[GaugeMetricFamily]:
    now = timezone.now()
    counts = count_by_status(Payment, PaymentStatus.values, waiting=WAITING)
    yield _by_status("payments", "Payments, by their status; where there are many, roughly.", counts)
    yield _gauge(
        "undecided_overdue_seconds",
        "For how long the oldest payment is undecided whose session is over; 0 if there is none.",
        _oldest(checks.overdue_payments(now), "expires_at", now),
    )
    yield _gauge(
        "checks_overdue_seconds",
        "For how long the reconciler's most overdue question to Stripe is due; 0 if none is.",
        _oldest(Payment.objects.to_check().filter(next_check_at__lt=now), "next_check_at", now),
    )
    since = checks.reconciled_at()
    yield _gauge(
        "reconciler_ended_seconds",
        "Since a run of the reconciler ended; 0 if none was ever due.",
        (now - since).total_seconds() if since else 0,
    )
    late = Booking.objects.filter(status=BookingStatus.HELD, held_until__lt=now)
    yield _gauge(
        "holds_overdue",
        "Bookings that keep their seats though their time is over, except those whose bank is at work.",
        late.exclude(payments__status=PaymentStatus.PROCESSING).count(),
    )
    shares = held_shares()
    yield _gauge(
        "held_share_percent",
        "The largest share of an event's unsold places that is held unpaid; 0 where one network may hold it.",
        max((share.percent for share in shares), default=0),
    )
    yield _gauge(
        "houses_held",
        "Events of which so much is held unpaid that customers confirm their address first.",
        sum(share.is_high for share in shares),
    )
    disputes = Dispute.objects.filter(effect=DisputeEffect.OPEN).count()
    yield _gauge("disputes_open", "Disputes that wait for an answer or a verdict.", disputes)


def _memberships() -> Iterable[GaugeMetricFamily]:
    now = timezone.now()
    counts = count_exactly(Subscription, SubscriptionStatus.values)
    yield _by_status("memberships", "Memberships, by their status.", counts)
    yield _gauge(
        "membership_checks_overdue_seconds",
        "For how long the reconciler's most overdue question about a membership is due; 0 if none is.",
        _oldest(Subscription.objects.due(now), "next_check_at", now),
    )


def _webhook() -> Iterable[GaugeMetricFamily]:
    now, last = timezone.now(), checks.last_delivery()
    failed = checks.failed_events().count()
    yield _gauge("events_failed", "Stripe's events that could not be applied yet.", failed)
    if last:
        age = (now - last).total_seconds()
        yield _gauge("last_webhook_age_seconds", "Since Stripe last brought an event about a payment.", age)
    yield _gauge(
        "untold_payments",
        "Payments that became paid in the last day, since the last delivery, without Stripe's event.",
        checks.untold_payments(now).count(),
    )


def _contact() -> Iterable[GaugeMetricFamily]:
    refused = RefusedQuestion.objects.values_list("question", flat=True)
    yield _gauge("stripe_refusals", "Kinds of questions that Stripe refuses to our key.", len(refused))
    off = clock_error()
    warned = [warning.age or 0 for warning in checks.restored(timezone.now())]
    words = "Since sales were closed because of a restore; 0 if they are open."
    yield _gauge("restore_seconds", words, sum(warned))
    yield _gauge("clock_error_seconds", "How far the worst clock here is ahead of Stripe's, or behind.", off)


def _refunds() -> Iterable[GaugeMetricFamily]:
    counts = count_by_status(Refund, RefundStatus.values, waiting=UNFINISHED)
    yield _by_status("refunds", "Refunds, by their status; where there are many, roughly.", counts)
    broken = Refund.objects.broken().count()
    yield _gauge("refunds_waiting_for_staff", "Refunds that came to nothing and were not made again.", broken)
    yield _gauge(
        "refund_due_seconds",
        "For how long the oldest refund waits to be sent to Stripe; 0 if none does.",
        _oldest(Refund.objects.filter(status=RefundStatus.DUE), "created_at", timezone.now()),
    )


def _jobs() -> Iterable[GaugeMetricFamily]:
    yield _gauge("workers", "Workers that live.", checks.living_workers(timezone.now()))
    yield _gauge("mails_failing", "Mails that were refused twice or more.", checks.failing_mails())
    unsent = [model.objects.owed().count() for model in (Notification, MembershipNotification)]
    yield _gauge(
        "notices_unsent", "Mails about payments and memberships that customers are owed.", sum(unsent)
    )
    jobs = GaugeMetricFamily(
        f"{PREFIX}jobs", "Jobs, by task and status; what succeeded is deleted.", labels=["task", "status"]
    )
    for task, status, count in (
        ProcrastinateJob.objects.values_list("task_name", "status").annotate(Count("pk")).order_by()
    ):
        jobs.add_metric([task.rpartition(".")[2], status], count)
    yield jobs


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help_text, value=value)


def _by_status(name: str, help_text: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, help_text, labels=["status"])
    for status, count in counts.items():
        family.add_metric([status], count)
    return family


def _oldest(rows: QuerySet, since: str, now: datetime) -> float:
    """Return how many seconds ago the earliest ``since`` of ``rows`` was; 0 if there are no rows."""
    first = rows.order_by().aggregate(at=Min(since))["at"]
    return (now - (first or now)) / timedelta(seconds=1)
