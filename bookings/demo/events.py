"""Make the demo's events if they are missing, and move the dates of those that are over."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from bookings.demo.programme import PROGRAMME, Show
from bookings.describing.making import follow
from bookings.events.copying import make_copies
from bookings.events.visibility import change_visibility
from bookings.models import Event, Visibility

SHIFTED = ("starts_at", "ends_at", "doors_open_at", "sales_until", "cancellable_until")


def make_programme(only: str | None = None) -> dict[str, list[Event]]:
    """Return the demo's events by the slug of the show, which has several dates if it is a run."""
    return {show.slug: _make(show) for show in PROGRAMME if only in (None, show.slug)}


def _make(show: Show) -> list[Event]:
    first = Event.objects.filter(slug=show.slug).first()
    if first is None:
        return _make_first(show)
    dates = list(first.production.events.order_by("starts_at")) if first.production else [first]
    for event in dates:
        _renew(event, show)
    return dates


def _make_first(show: Show) -> list[Event]:
    first, _differences = follow({**show.description, **_dates(show)})
    if show.evenings == 1:
        return [first]
    nights = (first.starts_at + timedelta(days=day) for day in range(1, show.evenings))
    copies = make_copies(first, nights)
    for copy in copies:
        change_visibility(copy, Visibility.PUBLISHED)
    first.refresh_from_db()
    return [first, *copies]


def _dates(show: Show) -> dict[str, Any]:
    """Return when the show is, from today. Its sale began yesterday, and ends an hour before it starts."""
    now = timezone.localtime()
    day = (now + timedelta(days=show.days)).date()
    starts_at = timezone.make_aware(datetime.combine(day, time.fromisoformat(show.starts)))
    moments = {
        "starts_at": starts_at,
        "ends_at": starts_at + show.lasts,
        "doors_open_at": starts_at - timedelta(minutes=show.doors),
        "sales_from": now.replace(microsecond=0) - timedelta(days=1),
        "sales_until": starts_at - timedelta(hours=1),
        "cancellable_until": starts_at - timedelta(days=1),
    }
    return {name: at.isoformat() for name, at in moments.items()}


def _renew(event: Event, show: Show) -> None:
    """Move an event whose sale is over to as many days from today as it was at first."""
    now = timezone.now()
    if event.sales_until >= now:
        return
    by = timedelta(days=show.days + (now - event.starts_at).days)
    moved = {name: at + by for name in SHIFTED if (at := getattr(event, name))}
    Event.objects.filter(pk=event.pk).update(**moved)
    event.refresh_from_db()
