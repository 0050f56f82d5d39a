"""
What the database says is wrong with the shop: the warnings of ``/readyz``.

Each check is cheap enough to run every few seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker

from bookings.models import Device, Entry, Event
from bookings.models.event import ADMITS_AFTER, ADMITS_BEFORE
from bookings.seats.held_share import high_shares
from payments.contact import clock_error
from payments.durations import (
    CLOCK_ERROR_ALLOWED,
    CONFLICTS_SHOWN_FOR,
    DEVICE_SILENT_FOR,
    EVENT_DELIVERED_WITHIN,
    RECONCILED_WITHIN,
    SESSION_DECIDED_WITHIN,
    WEBHOOK_WATCHED_FOR,
    WORKER_ALIVE_WITHIN,
)
from payments.health.proxies import unlisted_proxies
from payments.models import (
    Backfill,
    Outcome,
    Payment,
    PaymentStatus,
    Refund,
    RefusedQuestion,
    StripeEvent,
    Transition,
    open_restore,
)
from payments.models.payment import UNPAID

NEWEST = 1_000  # transitions to look through; there is no index for what is asked
RECONCILE = "payments.tasks.reconcile"
MAIL = [
    "bookings.tasks.mail_tickets",
    "bookings.tasks.send_announcement",
    "payments.tasks.mail_notification",
    "payments.tasks.mail_membership_notification",
]
PATIENCE = 2  # tries of a mail, which take ten seconds


@dataclass(frozen=True)
class HealthWarning:
    """Something that an operator has to look at: how many there are, and the ``age`` of the oldest in s."""

    code: str
    count: int
    age: int | None


def warnings() -> list[HealthWarning]:
    """Run all ``CHECKS``, each of which yields one warning or none."""
    return [warning for check in CHECKS for warning in check(timezone.now())]


def no_worker(now: datetime) -> Iterator[HealthWarning]:
    """No worker runs, so nothing is reconciled, refunded or mailed."""
    if not living_workers(now):
        last = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
        yield HealthWarning("no_worker", 0, _age(last, now))


def living_workers(now: datetime) -> int:
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=now - WORKER_ALIVE_WITHIN).count()


def reconciler_silent(now: datetime) -> Iterator[HealthWarning]:
    """No run of the reconciler has ended lately, though one is due three times a minute."""
    since = reconciled_at()
    if since and since < now - RECONCILED_WITHIN:
        yield HealthWarning("reconciler_silent", 0, _age(since, now))


def reconciled_at() -> datetime | None:
    """Return when a run of the reconciler ended; if none ever has, when the oldest job for one was made."""
    ended = Backfill.objects.values_list("ended_at", flat=True).first()
    waiting = ProcrastinateEvent.objects.filter(job__task_name=RECONCILE)
    return ended or waiting.aggregate(at=Min("at"))["at"]


def restored(now: datetime) -> Iterator[HealthWarning]:
    """The database was restored, and sales are closed; ``count`` lost sessions are undecided."""
    if restore := open_restore():
        left = restore.sessions.undecided().count()
        yield HealthWarning("restored", left, _age(restore.begun_at, now))


def payments_overdue(now: datetime) -> Iterator[HealthWarning]:
    """Sessions have ended, and it isn't known how: their seats stay held."""
    yield from _warn("payments_overdue", overdue_payments(now - SESSION_DECIDED_WITHIN), "expires_at", now)


def overdue_payments(before: datetime) -> QuerySet[Payment]:
    """Return payments that are still pending though their session ended ``before`` that time."""
    return Payment.objects.filter(status=PaymentStatus.PENDING, expires_at__lt=before)


def events_failed(now: datetime) -> Iterator[HealthWarning]:
    """Events of Stripe's couldn't be applied; each has its traceback."""
    yield from _warn("events_failed", failed_events(), "received_at", now)


def failed_events() -> QuerySet[StripeEvent]:
    return StripeEvent.objects.filter(outcome=Outcome.FAILED)


def key_refused(now: datetime) -> Iterator[HealthWarning]:
    """Stripe doesn't know our key: it was revoked, or is another one than in Stripe's dashboard."""
    yield from _warn("key_refused", RefusedQuestion.objects.filter(question=""), "since", now)


def right_missing(now: datetime) -> Iterator[HealthWarning]:
    """Our key is a restricted one, and may not do something that the shop needs."""
    yield from _warn("right_missing", RefusedQuestion.objects.exclude(question=""), "since", now)


def clock_wrong(now: datetime) -> Iterator[HealthWarning]:
    """A clock of this process, the worker or the database isn't Stripe's, by ``count`` seconds."""
    off = timedelta(seconds=abs(clock_error()))
    if off > CLOCK_ERROR_ALLOWED:
        yield HealthWarning("clock_wrong", int(off.total_seconds()), None)


def webhook_silent(now: datetime) -> Iterator[HealthWarning]:
    """Payments became paid without an event: Stripe's deliveries don't arrive, and Stripe had to be asked."""
    yield from _warn("webhook_silent", untold_payments(now), "at", now)


def untold_payments(now: datetime) -> QuerySet[Transition]:
    """Return transitions to paid, of the last day and since the last delivery, that no event told of."""
    newest = Transition.objects.order_by("-pk").values("pk")[:NEWEST]
    since = max(filter(None, [last_delivery(), now - WEBHOOK_WATCHED_FOR]))
    told = StripeEvent.objects.filter(payment=OuterRef("payment"), deliveries__gt=0)
    to_paid = Transition.objects.filter(pk__in=newest, from_status__in=UNPAID).exclude(to_status__in=UNPAID)
    return to_paid.filter(~Exists(told), at__gt=since, at__lt=now - EVENT_DELIVERED_WITHIN)


def last_delivery() -> datetime | None:
    """Return when Stripe last delivered an event about one of our payments."""
    delivered = StripeEvent.objects.filter(deliveries__gt=0).order_by("-pk")
    return delivered.values_list("received_at", flat=True).first()


def refunds_waiting_for_staff(now: datetime) -> Iterator[HealthWarning]:
    """Refunds were refused or failed, and only staff can make them again."""
    yield from _warn("refunds_waiting_for_staff", Refund.objects.broken(), "created_at", now)


def mails_failing(now: datetime) -> Iterator[HealthWarning]:
    """The mail server has refused mails ``PATIENCE`` times or more."""
    if count := failing_mails():
        yield HealthWarning("mails_failing", count, None)


def failing_mails() -> int:
    """Return how many mails have failed ``PATIENCE`` times or more, and are to be tried again."""
    jobs = ProcrastinateJob.objects.filter(task_name__in=MAIL, status__in=["todo", "doing"])
    return jobs.filter(attempts__gte=PATIENCE).count()


def timeouts_missing(now: datetime) -> Iterator[HealthWarning]:
    """Behind the pooler, nothing ends what waits for a lock: the role has no ``lock_timeout``."""
    if settings.DATABASE_LISTEN_URL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            if cursor.fetchone() == ("0",):
                yield HealthWarning("timeouts_missing", 1, None)


def proxy_unlisted(now: datetime) -> Iterator[HealthWarning]:
    """A proxy isn't in TRUSTED_PROXIES: all who come through it share its address and its limits."""
    if found := unlisted_proxies():
        yield HealthWarning("proxy_unlisted", len(found), _age(found[0].first_at, now))


def houses_held(now: datetime) -> Iterator[HealthWarning]:
    """So much of ``count`` events is held unpaid that somebody may be hoarding it."""
    if shares := high_shares():
        yield HealthWarning("houses_held", len(shares), _age(min(share.since for share in shares), now))


def door_silent(now: datetime) -> Iterator[HealthWarning]:
    """``count`` devices haven't been heard of for minutes during their event, though they hold scans."""
    yield from _warn("door_silent", silent_devices(now), "last_seen_at", now)


def silent_devices(now: datetime) -> QuerySet[Device]:
    """Return the devices at an open door that last said that they hold scans, and then nothing for long."""
    at_the_door = Event.objects.filter(starts_at__lt=now + ADMITS_BEFORE, ends_at__gt=now - ADMITS_AFTER)
    holding = Device.objects.working(now).filter(queued__gt=0, last_seen_at__lt=now - DEVICE_SILENT_FOR)
    return holding.filter(Exists(at_the_door.filter(door_devices=OuterRef("pk"))))


def door_conflicts(now: datetime) -> Iterator[HealthWarning]:
    """``count`` people were let in without a network who don't fit, and nobody has seen to them."""
    yield from _warn("door_conflicts", open_conflicts(now), "entered_at", now)


def open_conflicts(now: datetime) -> QuerySet[Entry]:
    """Return the conflicts that nobody has settled, of events that aren't over for long."""
    return Entry.objects.unsettled().filter(event__ends_at__gt=now - CONFLICTS_SHOWN_FOR)


CHECKS: list[Callable[[datetime], Iterator[HealthWarning]]] = [
    no_worker,
    reconciler_silent,
    restored,
    key_refused,
    right_missing,
    clock_wrong,
    payments_overdue,
    events_failed,
    webhook_silent,
    refunds_waiting_for_staff,
    mails_failing,
    timeouts_missing,
    proxy_unlisted,
    houses_held,
    door_silent,
    door_conflicts,
]


def _warn(code: str, rows: QuerySet[Any], since: str, now: datetime) -> Iterator[HealthWarning]:
    """Warn of ``rows`` if there are any, with the age of the oldest."""
    found = rows.order_by().aggregate(count=Count("pk"), since=Min(since))
    if found["count"]:
        yield HealthWarning(code, found["count"], _age(found["since"], now))


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else int((now - since).total_seconds())
