"""What an alert is, and the alerts there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise

from payments.durations import LATE_AFTER
from payments.models import Action, Outcome, StripeEvent

Rows = Callable[[datetime], QuerySet[Any]]

# So many rows an alert finds at most. That also tells PostgreSQL that they are few: that something waits and
# is confirmed is rare, but it guesses from how often each is so, and would rather read the whole table.
MOST = 2_000


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One thing that can be wrong, called ``name`` in addresses.

    ``rows`` returns those of ``model`` that have it at a time, each with ``since``. An alert that isn't
    ``urgent`` usually ends by itself. If it has a ``way_out``, an action for payments, the front page names
    some of the rows with it.
    """

    name: str
    title: str | Promise
    advice: str | Promise
    rows: Rows
    model: type[Model]
    urgent: bool
    way_out: Action | None

    @property
    def page(self) -> str:
        """The name of the admin's page that lists its rows."""
        return f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist"


REGISTERED: list[Alert] = []


def alert(
    model: type[Model],
    *,
    title: str | Promise,
    advice: str | Promise,
    urgent: bool = True,
    way_out: Action | None = None,
) -> Callable[[Rows], Rows]:
    """
    Make the decorated function the ``rows`` of an alert, and its name the alert's.

    Purchases and memberships of test mode that were ended have no alert: nobody can do anything about them.
    """

    def register(rows: Rows) -> Rows:
        def open_rows(now: datetime) -> QuerySet[Any]:
            found: Any = rows(now)
            return found.without_ended_tests() if hasattr(found, "without_ended_tests") else found

        name = rows.__name__
        REGISTERED.append(
            Alert(
                name=name,
                title=title,
                advice=advice,
                rows=open_rows,
                model=model,
                urgent=urgent,
                way_out=way_out,
            )
        )
        return rows

    return register


def rows_with(model: type[Model], related: QuerySet[Any], *, since: str = "created_at") -> QuerySet[Any]:
    """Return the rows of ``model`` that ``related`` rows are about, since the earliest ``since`` of these."""
    found = related.order_by().values(_name_of(model))[:MOST]
    rows = model._default_manager.filter(pk__in=found)
    return rows.annotate(since=earliest(model, related, since=since))


def earliest(model: type[Model], related: QuerySet[Any], *, since: str = "created_at") -> Subquery:
    """Return the earliest ``since`` of the ``related`` rows that are about the outer row of ``model``."""
    name = _name_of(model)
    own = related.filter(**{name: OuterRef("pk")}).order_by()
    return Subquery(own.values(name).annotate(earliest=Min(since)).values("earliest"))


def _name_of(model: type[Model]) -> str:
    """Return what a foreign key to ``model`` is called: ``payment`` or ``subscription``."""
    return model._meta.model_name or ""


def unapplied(now: datetime) -> QuerySet[StripeEvent]:
    """Return events that failed, or whose process died before it applied them, and that can be replayed."""
    died = Q(outcome=Outcome.RECEIVED, received_at__lt=now - LATE_AFTER)
    return StripeEvent.objects.of_this_mode().filter(Q(outcome=Outcome.FAILED) | died)
