"""
What is wrong with payments, memberships and events at this moment.

Staff's front page counts the rows of each alert, their lists filter by alert, and a payment's page names its
own.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, Model, OuterRef
from django.utils import timezone

from bookings.staff.access import Account, is_limited, within_scope
from payments.mode import is_live
from payments.models import Payment, StripeEvent
from payments.staff.alerts import memberships, payments
from payments.staff.alerts.registry import REGISTERED, Alert

__all__ = ["ALERTS", "Alert", "Found", "alerts_of", "memberships", "payments", "survey"]

# From the rows of an alert to their event.
EVENT_PATHS: dict[type[Model], str] = {Payment: "booking__event", StripeEvent: "payment__booking__event"}
ALERTS = sorted(REGISTERED, key=lambda alert: not alert.urgent)


NAMED = 5  # rows on the front page
THEN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """How many rows have an alert, since when the oldest one has it, and some of them by name."""

    alert: Alert
    count: int
    since: datetime | None
    named: Sequence[Payment] = ()


def survey(user: Account | None = None) -> list[Found]:
    """
    Return what is found of every alert, with one query each.

    For a ``user`` who is limited to chosen events, what is about these; nobody's events are memberships.
    """
    is_all = user is None or not is_limited(user)
    theirs = [alert for alert in ALERTS if is_all or alert.model in EVENT_PATHS]
    return [_count(alert, timezone.now(), user) for alert in theirs]


def _count(alert: Alert, now: datetime, user: Account | None) -> Found:
    rows = alert.rows(now).order_by()
    if user is not None and is_limited(user):
        rows = within_scope(rows, user, EVENT_PATHS[alert.model])
    found = rows.aggregate(count=Count("pk"), oldest=Min("since"))
    is_named = found["count"] and alert.way_out
    named = rows.select_related("booking").order_by("-pk")[:NAMED] if is_named else []
    return Found(alert, found["count"], found["oldest"], list(named))


def alerts_of(payment: Payment) -> list[Alert]:
    """Return what is wrong with ``payment``, with one query, which is written once."""
    ours, sql, examples = _written(is_live())
    passed = timezone.now() - THEN
    values = [value + passed if isinstance(value, datetime) else value for value in examples]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, payment.pk])
        found = cursor.fetchone()
    return [alert for alert, has_it in zip(ours, found, strict=True) if has_it]


@functools.cache
def _written(_is_live: bool) -> tuple[list[Alert], str, list[Any]]:
    """
    Return the alerts of payments, the statement that looks for them, and its values but for the payment's id.

    Times in it are as if it were ``THEN``. Which rows an alert finds may also go by the key's mode.
    """
    ours = [alert for alert in ALERTS if alert.model is Payment]
    has = [Exists(alert.rows(THEN).filter(pk=OuterRef("pk"))) for alert in ours]
    sql, values = Payment.objects.filter(pk=0).order_by().values_list(*has).query.sql_with_params()
    return ours, sql, list(values[:-1])
