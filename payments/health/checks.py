"""
What is wrong with the shop, as far as its database knows: for ``/readyz`` and ``stripe_doctor``.

Each question is cheap enough to be asked every few seconds by everything that watches.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from payments.durations import (
    EVENT_DELIVERED_WITHIN,
    SESSION_DECIDED_WITHIN,
    WEBHOOK_WATCHED_FOR,
    WORKER_ALIVE_WITHIN,
)
from payments.models import Outcome, Payment, PaymentStatus, Refund, StripeEvent, Transition
from payments.models.payment import UNPAID

NEWEST = 1_000  # steps of payments, to look among without an index
MAIL = [
    "bookings.tasks.mail_tickets",
    "payments.tasks.mail_notification",
    "payments.tasks.mail_membership_notification",
]
PATIENCE = 3  # tries of a mail: about four minutes


@dataclass(frozen=True)
class Warned:
    """Something that somebody has to see to: how many there are, and for how many seconds already."""

    code: str
    count: int
    age: int | None


def warnings() -> list[Warned]:
    """Return what is wrong at this moment; each of ``QUESTIONS`` may name one thing."""
    return [warned for ask in QUESTIONS for warned in ask(timezone.now())]


def no_worker(now: datetime) -> Iterator[Warned]:
    """Nothing reconciles, refunds or mails."""
    if not living_workers(now):
        last = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
        yield Warned("no_worker", 0, _age(last, now))


def living_workers(now: datetime) -> int:
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=now - WORKER_ALIVE_WITHIN).count()


def payments_overdue(now: datetime) -> Iterator[Warned]:
    """Sessions are over, and nobody knows how they ended: their seats can't be sold."""
    yield from _warn("payments_overdue", overdue_payments(now - SESSION_DECIDED_WITHIN), "expires_at", now)


def overdue_payments(before: datetime) -> QuerySet[Payment]:
    """Return payments whose session ended ``before`` then; a bank debit takes its time, whenever that is."""
    return Payment.objects.filter(status=PaymentStatus.PENDING, expires_at__lt=before)


def events_failed(now: datetime) -> Iterator[Warned]:
    """Events of Stripe's couldn't be applied; each keeps its traceback."""
    yield from _warn("events_failed", failed_events(), "received_at", now)


def failed_events() -> QuerySet[StripeEvent]:
    return StripeEvent.objects.filter(outcome=Outcome.FAILED)


def webhook_silent(now: datetime) -> Iterator[Warned]:
    """Payments are paid, but Stripe's events don't arrive: the reconciler and the pages had to ask."""
    yield from _warn("webhook_silent", untold_payments(now), "at", now)


def untold_payments(now: datetime) -> QuerySet[Transition]:
    """Return the steps to paid of the last day, since the last delivery, that no delivered event explains."""
    newest = Transition.objects.order_by("-pk").values("pk")[:NEWEST]
    since = max(filter(None, [last_delivery(), now - WEBHOOK_WATCHED_FOR]))
    told = StripeEvent.objects.filter(payment=OuterRef("payment"), deliveries__gt=0)
    to_paid = Transition.objects.filter(pk__in=newest, from_status__in=UNPAID).exclude(to_status__in=UNPAID)
    return to_paid.filter(~Exists(told), at__gt=since, at__lt=now - EVENT_DELIVERED_WITHIN)


def last_delivery() -> datetime | None:
    """Return when Stripe last brought an event about one of our payments."""
    delivered = StripeEvent.objects.filter(deliveries__gt=0).order_by("-pk")
    return delivered.values_list("received_at", flat=True).first()


def refunds_waiting_for_staff(now: datetime) -> Iterator[Warned]:
    """Stripe refused refunds, or they came to nothing, and only a person can make them again."""
    yield from _warn("refunds_waiting_for_staff", Refund.objects.broken(), "created_at", now)


def mails_failing(now: datetime) -> Iterator[Warned]:
    """The mail server has refused mails several times."""
    jobs = ProcrastinateJob.objects.filter(task_name__in=MAIL, status__in=["todo", "doing"])
    count = jobs.filter(attempts__gte=PATIENCE).count()
    if count:
        yield Warned("mails_failing", count, None)


QUESTIONS: list[Callable[[datetime], Iterator[Warned]]] = [
    no_worker,
    payments_overdue,
    events_failed,
    webhook_silent,
    refunds_waiting_for_staff,
    mails_failing,
]


def _warn(code: str, rows: QuerySet[Any], since: str, now: datetime) -> Iterator[Warned]:
    """Warn of ``rows`` if there are any, with the age of the oldest."""
    found = rows.order_by().aggregate(count=Count("pk"), since=Min(since))
    if found["count"]:
        yield Warned(code, found["count"], _age(found["since"], now))


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else int((now - since).total_seconds())
