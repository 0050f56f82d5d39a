"""
What is wrong with payments, memberships and events at this moment.

Staff's front page counts the rows of each alert, their lists filter by alert, and a payment's page names its
own.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet, Value
from django.utils import timezone

from bookings.staff.access import Account, is_limited, within_scope
from payments.mode import is_live
from payments.models import Payment, StripeEvent
from payments.staff.alerts import memberships, payments
from payments.staff.alerts.registry import REGISTERED, Alert
from payments.staff.alerts.statements import WRITTEN_OF, Statement

__all__ = ["ALERTS", "Alert", "Found", "alerts_of", "memberships", "payments", "survey"]

# From the rows of an alert to their event.
EVENT_PATHS: dict[type[Model], str] = {Payment: "booking__event", StripeEvent: "payment__booking__event"}
ALERTS = sorted(REGISTERED, key=lambda alert: not alert.urgent)


NAMED = 5  # rows on the front page


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
    limited = user if user is not None and is_limited(user) else None
    counted = _counting(alert, limited) if limited else _counting_all(alert, is_live())
    ((count, oldest),) = counted.rows(now) or [(0, None)]
    named = _rows(alert, now, limited).select_related("booking").order_by("-pk") if alert.way_out else None
    return Found(alert, count, oldest, list(named[:NAMED]) if count and named is not None else [])


def _rows(alert: Alert, now: datetime, limited: Account | None) -> QuerySet[Any]:
    rows = alert.rows(now)
    return within_scope(rows, limited, EVENT_PATHS[alert.model]) if limited else rows


def _counting(alert: Alert, limited: Account | None) -> Statement:
    def found(now: datetime) -> QuerySet[Any, Any]:
        return _rows(alert, now, limited).order_by().values_list("pk", "since")

    return Statement(found, around="SELECT COUNT(*), MIN(since) FROM ({}) AS found (id, since)")


@functools.cache
def _counting_all(alert: Alert, live: bool) -> Statement:
    return _counting(alert, None)


def alerts_of(payment: Payment) -> list[Alert]:
    """Return what is wrong with ``payment``, with one query."""
    found = {place for (place,) in _having(is_live()).rows(timezone.now(), payment.pk)}
    return [alert for place, alert in enumerate(ALERTS) if place in found]


@functools.cache
def _having(live: bool) -> Statement:
    """
    Return what finds the places in ``ALERTS`` of those that a payment has.

    Asked for as columns of one row, PostgreSQL would plan each of them twice, and what is in them four times.
    """

    def has(now: datetime) -> QuerySet[Any, Any]:
        ours = [(place, alert.rows(now)) for place, alert in enumerate(ALERTS) if alert.model is Payment]
        each = [rows.order_by().filter(pk=WRITTEN_OF).values_list(Value(place)) for place, rows in ours]
        return each[0].union(*each[1:], all=True)

    return Statement(has)
