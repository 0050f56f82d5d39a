"""Copy an event to other dates, which are one production with it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Area, Event, EventAddress, EventStatus, Production, Question, Seat, TicketType
from bookings.when.zones import moments, zone_of

MOST = 100  # dates at a time
# What a copy has of its own, whatever else an event has; and what keeps its distance from the beginning.
NOT_COPIED = (
    *("slug", "production", "visibility", "status", "moved_at", "returnable_until", "revision", "changed_at"),
)
MOVING = ("starts_at", "ends_at", "doors_open_at", "cancellable_until")
M = TypeVar("M", bound=Model)
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}(-\d+)?$")  # the end of a copy's slug


class NotCopyable(Exception):
    """The event can't be copied to these dates; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Dates that come again: on ``weekdays`` (0 is Monday) from ``first`` to ``last``, at these ``times``."""

    first: date
    last: date
    weekdays: frozenset[int]
    times: tuple[time, ...]

    def starts(self, zone_name: str) -> Iterator[datetime]:
        """
        Yield when each date begins by the clock of the zone of that name.

        An hour that comes twice is the first one; one that the clocks leave out is left out.
        """
        zone = zone_of(zone_name)
        for number in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=number)
            for hour in sorted(self.times) if day.weekday() in self.weekdays else ():
                yield from moments(datetime.combine(day, hour), zone)[:1]


def plan_copies(event: Event, starts: Iterable[datetime]) -> list[Event]:
    """
    Return unsaved copies of ``event``, drafts without seats, that begin at ``starts``; raise ``NotCopyable``.

    Sale and deadlines end as long before the beginning as they do here. Dates that the production has already
    are left out.
    """
    now, known = timezone.now(), _known_starts(event)
    wanted = sorted(set(starts) - known)
    if not wanted:
        raise NotCopyable(_("No new dates: they all exist."))
    if len(wanted) > MOST:
        raise NotCopyable(
            _("That’s %(count)d dates. Create at most %(most)d at a time.")
            % {"count": len(wanted), "most": MOST}
        )
    if wanted[0] <= now:
        raise NotCopyable(_("One of these dates is in the past."))
    return [_copy(event, at, now) for at in wanted]


@transaction.atomic
def make_copies(event: Event, starts: Iterable[datetime]) -> list[Event]:
    """
    Save what ``plan_copies`` returns, with what ``event`` has of places, types and questions; return them.

    Places that the house holds back are held back there, too. Codes aren't copied: each counts its uses, and
    was promised for one event.
    All are dates of one production with it, which is made if there is none. Who sends the same form again
    finds that its dates are there already: raise ``NotCopyable``.
    """
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    copies = plan_copies(event, starts)
    if event.production is None:
        event.production = _make_production(event)
        event.save(update_fields=["production"])
    parts = Parts(
        areas=list(event.areas.all()),
        seats=list(event.seats.order_by("pk")),
        types=list(event.types.prefetch_related("areas")),
        questions=list(event.questions.all()),
    )
    for copy in copies:
        copy.production = event.production
        copy.slug = _free_slug(f"{event.production.slug[:60]}-{_local(copy):%Y-%m-%d}", EventAddress)
        copy.save()
        parts.copy_to(copy, by=copy.starts_at - event.starts_at)
    return copies


@dataclass(frozen=True)
class Parts:
    """What an event has that its copies get."""

    areas: Sequence[Area]
    seats: Sequence[Seat]
    types: Sequence[TicketType]
    questions: Sequence[Question]

    def copy_to(self, event: Event, *, by: timedelta) -> None:
        """Save a copy of each for ``event``, which is ``by`` later than the one whose they are."""
        areas = {area.pk: _save_copy(area, event=event) for area in self.areas}
        Seat.objects.bulk_create(
            _copy_of(seat, event=event, area=areas.get(seat.area_id or 0), booking=None, type=None)
            for seat in self.seats
        )
        Question.objects.bulk_create(_copy_of(question, event=event) for question in self.questions)
        for kind in self.types:
            dates = {name: _later(getattr(kind, name), by) for name in ("sold_from", "sold_until")}
            copy = _save_copy(kind, event=event, taken=0, **dates)
            copy.areas.set([areas[area.pk] for area in kind.areas.all()])


def _copy_of(row: M, **changes: Any) -> M:
    """Return an unsaved copy of ``row`` with other values."""
    fields = [field.name for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{name: getattr(row, name) for name in fields if name not in changes}, **changes)


def _save_copy(row: M, **changes: Any) -> M:
    copy = _copy_of(row, **changes)
    copy.save()
    return copy


def _later(at: datetime | None, by: timedelta) -> datetime | None:
    return at + by if at else None


def _known_starts(event: Event) -> set[datetime]:
    events = Event.objects.filter(production=event.production) if event.production else Event.objects.none()
    others = events.exclude(status=EventStatus.CANCELLED).values_list("starts_at", flat=True)
    return {event.starts_at, *others}


def _copy(event: Event, at: datetime, now: datetime) -> Event:
    by = at - event.starts_at
    sales_until = event.sales_until + by
    sales_from = min(event.sales_from, sales_until - timedelta(minutes=1))
    presale = event.member_sales_from
    has_presale = presale is not None and now < presale < sales_from
    new = Event()
    own = {name: getattr(new, name) for name in NOT_COPIED}
    dates = {name: _later(getattr(event, name), by) for name in MOVING}
    return _copy_of(
        event,
        **own,
        **dates,
        sales_from=sales_from,
        sales_until=sales_until,
        member_sales_from=presale if has_presale else None,
    )


def _make_production(event: Event) -> Production:
    slug = _free_slug(DATED.sub("", event.slug), Production)
    return Production.objects.create(title=event.title, slug=slug, description=event.description)


def _free_slug(wanted: str, of: type[EventAddress | Production]) -> str:
    """Return ``wanted``, with a number after it if that is taken."""
    taken = set(of._default_manager.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (wanted, *numbered) if slug not in taken)


def _local(event: Event) -> datetime:
    return event.starts_at.astimezone(zone_of(event.time_zone))
