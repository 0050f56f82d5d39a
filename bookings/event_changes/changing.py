"""Move an event, or call it off: one transaction, after which the worker deals with its bookings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from bookings.events.visibility import lock_against_sales
from bookings.models import ChangeKind, Event, EventChange, EventStatus
from waiting.publishing import publish


class NotChangeable(Exception):
    """The event can't be changed like that; the message says why, to the person who wanted it."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who changes an event, and why; ``reason`` is read by customers. A form has its own ``form_id``."""

    user: User | None = None
    reason: str = ""
    form_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Move:
    """
    Where an event is moved to, and what moves along.

    Sale, cancellation deadline and presale keep their distance from the beginning with ``keeps_distances``;
    otherwise they stay, as far as the new date allows. Until ``returnable_until``, who booked before can
    return tickets in full; what an earlier move has promised stays promised.
    """

    starts_at: datetime
    ends_at: datetime
    venue: str
    keeps_distances: bool = True
    returnable_until: datetime | None = None


def apply_move(event: Event, move: Move) -> Event:
    """
    Return an unsaved copy of ``event`` as it is after ``move``; raise ``NotChangeable``.

    The sale ends with the event at the latest, and can't begin after its end.
    """
    now = timezone.now()
    if event.status == EventStatus.CANCELLED:
        raise NotChangeable(_("The event is cancelled."))
    if event.ends_at <= now:
        raise NotChangeable(_("The event is over."))
    if move.starts_at <= now:
        raise NotChangeable(_("The new start must be in the future."))
    if move.ends_at <= move.starts_at:
        raise NotChangeable(_("The event must end after it starts."))
    if (move.starts_at, move.ends_at, move.venue) == (event.starts_at, event.ends_at, event.venue):
        raise NotChangeable(_("That’s already the date and place."))
    if move.returnable_until and move.returnable_until <= now:
        raise NotChangeable(_("The refund deadline must be in the future."))
    if move.returnable_until and move.returnable_until > move.starts_at:
        raise NotChangeable(_("The refund deadline must be before the event starts."))
    moved = Event.objects.get(pk=event.pk)
    by = move.starts_at - event.starts_at if move.keeps_distances else timedelta(0)
    moved.starts_at, moved.ends_at, moved.venue = move.starts_at, move.ends_at, move.venue
    moved.sales_until = min(event.sales_until + by, move.ends_at)
    if moved.sales_until <= moved.sales_from:
        raise NotChangeable(_("The sale would end before it starts. Change the sale first."))
    if event.cancellable_until:
        moved.cancellable_until = min(event.cancellable_until + by, move.starts_at)
    if event.doors_open_at:  # So long before the beginning, in any case.
        moved.doors_open_at = event.doors_open_at + (move.starts_at - event.starts_at)
    moved.status = EventStatus.POSTPONED
    moved.returnable_until = _returnable_until(event, move, now)
    moved.moved_at = now
    try:
        moved.clean_fields()
    except ValidationError as error:
        raise NotChangeable(" ".join(error.messages)) from error
    return moved


def _returnable_until(event: Event, move: Move, now: datetime) -> datetime | None:
    """Return until when tickets can be returned in full: customers were told an earlier move's time."""
    promised = event.returnable_until
    is_open = promised is not None and promised > now
    times = [until for until in (move.returnable_until, promised if is_open else None) if until]
    return min(max(times), move.starts_at) if times else None


@transaction.atomic
def move_event(event: Event, move: Move, author: Author) -> EventChange:
    """
    Move ``event``, and return the change; the worker tells its ticket holders.

    A form that is sent twice moves once. Raise ``NotChangeable``.
    """
    locked = _lock(event)
    if earlier := _earlier(author):
        return earlier
    moved = apply_move(locked, move)
    change = _record(ChangeKind.MOVED, locked, moved, author, returnable_until=moved.returnable_until)
    moved.save()
    return _announce(change)


@transaction.atomic
def call_off(event: Event, author: Author) -> EventChange:
    """
    Call ``event`` off, and return the change: nobody can buy any more, and the worker gives the money back.

    Whoever calls off what was called off gets the first change. Raise ``NotChangeable``.
    """
    locked = lock_against_sales(event)
    if earlier := _earlier(author) or EventChange.objects.filter(event=locked, kind="called_off").first():
        return earlier
    if not author.reason:
        raise NotChangeable(_("Enter a reason. Customers see it."))
    change = _record(ChangeKind.CALLED_OFF, locked, locked, author)
    locked.status = EventStatus.CANCELLED
    locked.save()
    return _announce(change)


def _lock(event: Event) -> Event:
    return Event.objects.select_for_update(no_key=True).get(pk=event.pk)


def _earlier(author: Author) -> EventChange | None:
    """Return what this form has done already."""
    return EventChange.objects.filter(form_id=author.form_id).first() if author.form_id else None


def _record(
    kind: ChangeKind, before: Event, after: Event, author: Author, returnable_until: datetime | None = None
) -> EventChange:
    return EventChange.objects.create(
        form_id=author.form_id or str(uuid4()),
        event=before,
        kind=kind,
        actor=author.user,
        reason=author.reason,
        starts_before=before.starts_at,
        ends_before=before.ends_at,
        venue_before=before.venue,
        starts_after=after.starts_at,
        ends_after=after.ends_at,
        venue_after=after.venue,
        returnable_until=returnable_until,
    )


def _announce(change: EventChange) -> EventChange:
    """Have the worker deal with the bookings, and pages show the event as it is now."""
    app.configure_task("payments.tasks.continue_event_changes", lock="event_changes").defer()
    change.event.bookings.occupying().publish()
    publish(change.event.topic)
    return change
