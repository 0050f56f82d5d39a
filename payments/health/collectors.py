"""
Gauges for Prometheus that are read from the database at each scrape, so they are the same in every process.

What a process counts by itself is in ``payments.metrics``.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bookings.models import Booking, BookingStatus, Device
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
            gauges = [
                *_payments(),
                *_memberships(),
                *_webhook(),
                *_contact(),
                *_refunds(),
                *_door(),
                *_jobs(),
            ]
        except DatabaseError:
            gauges = []
        up = _gauge("database_up", "Whether this process can read the database.", bool(gauges))
        return [up, *gauges]


DATABASE = CollectorRegistry()
DATABASE.register(DatabaseGauges())


def _payments() -> Iterable[GaugeMetricFamily]:
    now = timezone.now()
    counts = count_by_status(Payment, PaymentStatus.values, waiting=WAITING)
    yield _by_status("payments", "Payments by status; an estimate for large tables.", counts)
    yield _gauge(
        "undecided_overdue_seconds",
        "Age of the oldest undecided payment whose session has ended; 0 if none.",
        _oldest(checks.overdue_payments(now), "expires_at", now),
    )
    yield _gauge(
        "checks_overdue_seconds",
        "How overdue the reconciler's most overdue payment check is; 0 if none.",
        _oldest(Payment.objects.to_check().filter(next_check_at__lt=now), "next_check_at", now),
    )
    since = checks.reconciled_at()
    yield _gauge(
        "reconciler_ended_seconds",
        "Time since the reconciler last finished a run; 0 if none was ever due.",
        (now - since).total_seconds() if since else 0,
    )
    late = Booking.objects.filter(status=BookingStatus.HELD, held_until__lt=now)
    yield _gauge(
        "holds_overdue",
        "Bookings still holding seats after their hold ended, except those waiting for a bank.",
        late.exclude(payments__status=PaymentStatus.PROCESSING).count(),
    )
    shares = held_shares()
    yield _gauge(
        "held_share_percent",
        "Largest share of an event's unsold places on hold; 0 if one network's limit allows it.",
        max((share.percent for share in shares), default=0),
    )
    yield _gauge(
        "houses_held",
        "Events with so many places on hold that customers must confirm their address.",
        sum(share.is_high for share in shares),
    )
    disputes = Dispute.objects.filter(effect=DisputeEffect.OPEN).count()
    yield _gauge("disputes_open", "Open disputes.", disputes)


def _memberships() -> Iterable[GaugeMetricFamily]:
    now = timezone.now()
    counts = count_exactly(Subscription, SubscriptionStatus.values)
    yield _by_status("memberships", "Memberships by status.", counts)
    yield _gauge(
        "membership_checks_overdue_seconds",
        "How overdue the reconciler's most overdue membership check is; 0 if none.",
        _oldest(Subscription.objects.due(now), "next_check_at", now),
    )


def _webhook() -> Iterable[GaugeMetricFamily]:
    now, last = timezone.now(), checks.last_delivery()
    failed = checks.failed_events().count()
    yield _gauge("events_failed", "Stripe events not applied yet.", failed)
    if last:
        age = (now - last).total_seconds()
        yield _gauge("last_webhook_age_seconds", "Time since the last payment event from Stripe.", age)
    yield _gauge(
        "untold_payments",
        "Payments paid in the last day, since the last delivery, without a Stripe event.",
        checks.untold_payments(now).count(),
    )


def _contact() -> Iterable[GaugeMetricFamily]:
    refused = RefusedQuestion.objects.values_list("question", flat=True)
    yield _gauge("stripe_refusals", "Kinds of requests Stripe refuses for the key.", len(refused))
    off = clock_error()
    warned = [warning.age or 0 for warning in checks.restored(timezone.now())]
    words = "Time since sales were paused for a restore; 0 if open."
    yield _gauge("restore_seconds", words, sum(warned))
    yield _gauge("clock_error_seconds", "Largest clock difference from Stripe.", off)


def _refunds() -> Iterable[GaugeMetricFamily]:
    counts = count_by_status(Refund, RefundStatus.values, waiting=UNFINISHED)
    yield _by_status("refunds", "Refunds by status; an estimate for large tables.", counts)
    broken = Refund.objects.broken().count()
    yield _gauge("refunds_waiting_for_staff", "Failed refunds that weren't retried.", broken)
    yield _gauge(
        "refund_due_seconds",
        "Age of the oldest refund not sent to Stripe yet; 0 if none.",
        _oldest(Refund.objects.filter(status=RefundStatus.DUE), "created_at", timezone.now()),
    )


def _door() -> Iterable[GaugeMetricFamily]:
    now = timezone.now()
    held = Device.objects.working(now).aggregate(scans=Sum("queued"))["scans"]
    yield _gauge("door_queue", "Scans that door devices said they still hold.", held or 0)
    yield _gauge(
        "door_silent",
        "Door devices silent for 10 minutes that hold scans.",
        checks.silent_devices(now).count(),
    )
    conflicts = checks.open_conflicts(now).count()
    yield _gauge("door_conflicts", "Entries made offline that don't fit and aren't settled.", conflicts)


def _jobs() -> Iterable[GaugeMetricFamily]:
    yield _gauge("workers", "Live workers.", checks.living_workers(timezone.now()))
    yield _gauge("mails_failing", "Emails rejected at least twice.", checks.failing_mails())
    unsent = [model.objects.owed().count() for model in (Notification, MembershipNotification)]
    yield _gauge("notices_unsent", "Unsent emails about payments and memberships.", sum(unsent))
    jobs = GaugeMetricFamily(
        f"{PREFIX}jobs", "Jobs by task and status; successful ones are deleted.", labels=["task", "status"]
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
