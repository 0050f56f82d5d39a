"""What seats an event has: rows that are added to it, and a plan of all of them that is applied to it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import CharField, Max, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import slugify

from bookings.models import Area, AreaKind, BookedSeat, BookingStatus, Event, Seat, SeatState
from bookings.models.seat import SeatQuerySet
from bookings.money import format_money
from bookings.seats.geometry import Position, from_middle
from waiting.publishing import publish

LONGEST_ROW = 10  # characters
# What a place is, which stays as it is while somebody has it; and where it is drawn, which may change.
NATURE = ("row", "number", "label", "price", "notes", "state")
WHY_HELD_BACK = ("held_back_for", "held_back_note")
DRAWING = ("area", "row_rank", "column")
OWN_NAME = Concat(Value("~"), Cast("pk", CharField()))
Place = tuple[str, str, int]  # area, row, number


class SeatsExist(Exception):
    """The seats with these ``labels`` exist already."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


@transaction.atomic
def add_rows(event: Event, *, rows: Iterable[str], numbers: Sequence[int], price: int) -> int:
    """
    Add a seat for each of ``numbers`` to each of ``rows`` at ``price`` (minor units); return how many.

    Seat 1 of row A is labelled ``A-1``. Raise ``SeatsExist``, and add none, if a seat with one of the labels
    or places exists already.
    """
    seats = [
        Seat(event=event, row=row, number=number, label=f"{row}-{number}", price=price)
        for row in rows
        for number in numbers
    ]
    # Without this lock, two requests for the same rows would both find none, and one would break a
    # constraint.
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    same_label = Q(label__in=[seat.label for seat in seats])
    same_place = Q(row__in={seat.row for seat in seats}, number__in=numbers)
    if existing := event.seats.filter(same_label | same_place).in_row_order():
        raise SeatsExist([seat.label for seat in existing])
    last = event.seats.filter(area=None).aggregate(rank=Max("row_rank"))["rank"] or 0
    for place, seat in enumerate(seats):  # Where a layout has its own order, they come behind it.
        seat.row_rank = last and last + 1 + place // max(len(numbers), 1)
    publish(event.topic)
    return len(Seat.objects.bulk_create(seats))


def parse_rows(text: str) -> list[str]:
    """Return the row names in ``text``: ``"A-C, K"`` means A, B, C, K. Raise ``ValueError`` if invalid."""
    rows: list[str] = []
    for part in (part.strip().upper() for part in text.split(",")):
        first, dash, last = part.partition("-")
        if not dash:
            rows.append(first)
        elif len(first) == len(last) == 1 and first <= last:
            rows.extend(chr(letter) for letter in range(ord(first), ord(last) + 1))
        else:
            raise ValueError(part)
    if not all(row.isalnum() and len(row) <= LONGEST_ROW for row in rows):
        raise ValueError(text)
    return list(dict.fromkeys(rows))


@dataclass(frozen=True)
class PlannedPlace:
    """
    A seat as a plan has it, in the area with this name; None is the hall of an event without areas.

    ``price`` is in minor units; None, as ``notes`` and ``state``, leaves it as it is. A new seat needs a
    price, and is for sale. A row without ``column`` that has only odd or only even numbers gets columns, so
    that those are neighbours.
    """

    area: str | None
    row: str
    number: int
    label: str
    price: int | None = None
    row_rank: int = 0
    column: int | None = None
    notes: str | None = None
    state: str | None = None

    @property
    def place(self) -> Place:
        return self.area or "", self.row, self.number


@dataclass(frozen=True)
class Change:
    """A seat that becomes another one: for each field, its value before and after."""

    label: str
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Differences:
    """
    What a plan changes at an event. Seats are named by their labels.

    ``drawn`` are elsewhere on the map, and nothing else changes. ``removed`` aren't places any more. ``kept``
    would have been changed or removed, but somebody is paying for them or has bought them.
    """

    areas: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((self.areas, self.added, self.changed, self.drawn, self.removed))

    def sentences(self, currency: str) -> list[str]:
        """Return each difference in words, for staff."""
        return [
            *(f"Area {name}: added." for name in self.areas),
            *(f"{label}: added." for label in self.added),
            *(f"{one.label}: {_spell(one.fields, currency)}." for one in self.changed),
            *(f"{label}: drawn elsewhere." for label in self.drawn),
            *(f"{label}: removed." for label in self.removed),
            *(f"{label}: unchanged, {why}." for label, why in self.kept.items()),
        ]


def _spell(fields: Mapping[str, tuple[Any, Any]], currency: str) -> str:
    def word(name: str, value: Any) -> str:
        return format_money(value, currency) if name == "price" else str(value or "none")

    return ", ".join(
        f"{name.replace('_', ' ')} {word(name, before)} → {word(name, after)}"
        for name, (before, after) in fields.items()
    )


class UnusablePlan(Exception):
    """The event can't have these seats; ``labels`` are those that the message is about."""

    def __init__(self, why: str, labels: Iterable[str]) -> None:
        self.labels = list(labels)
        super().__init__(f"{why}: {', '.join(self.labels)}")


def plan_places(event: Event, places: Iterable[PlannedPlace]) -> Differences:
    """
    Return what ``apply_places`` would change now. ``places`` are all seats that the event is to have.

    Standing areas aren't seats, and stay as they are. Raise ``UnusablePlan``.
    """
    return _Plan(event, places, _seats(event)).differences


@transaction.atomic
def apply_places(event: Event, places: Iterable[PlannedPlace]) -> Differences:
    """
    Give the seats of ``event`` and their areas the form of ``places``, and return what has changed.

    What is held or sold keeps its name, price, notes and state, and stays even if the plan doesn't have it;
    it is only drawn where it belongs. A seat that was ever booked isn't deleted: it is no place any more. A
    seat that is being bought at this moment is held first, or changed first. Raise ``UnusablePlan``.
    """
    # First the event, as those who add rows do, then seats in the order of ids, as those who buy.
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    plan = _Plan(event, places, _seats(event).locking())
    plan.save()
    publish(event.topic)
    return plan.differences


def _drawing(seats: Iterable[Seat]) -> dict[str, tuple[str, int, float]]:
    """Return where each place is drawn, by its label: area, which row of it, and how far from the middle."""
    drawn = sorted((seat for seat in seats if seat.state != SeatState.NO_PLACE), key=_order)
    found: dict[str, tuple[str, int, float]] = {}
    for area, part in groupby(drawn, key=lambda seat: _order(seat)[0]):
        rows = [list(row) for _key, row in groupby(part, key=lambda seat: _order(seat)[:3])]
        spots = from_middle([[Position(seat.number, seat.column) for seat in row] for row in rows])
        for line, (row, places) in enumerate(zip(rows, spots, strict=True)):
            found |= {seat.label: (area, line, place) for seat, place in zip(row, places, strict=True)}
    return found


def _order(seat: Seat) -> tuple[str, int, str, int, int]:
    """Return what seats are drawn in the order of, area by area."""
    column = 2 * seat.number if seat.column is None else seat.column
    return seat.area.name if seat.area else "", seat.row_rank, seat.row, column, seat.number


def _seats(event: Event) -> SeatQuerySet:
    return event.seats.exclude(area__kind=AreaKind.STANDING).select_related("area", "booking").order_by("pk")


class _Plan:
    """A plan beside the seats that there are: which of them become which."""

    def __init__(self, event: Event, places: Iterable[PlannedPlace], seats: Iterable[Seat]) -> None:
        self.event = event
        self.places = with_columns(places)
        self.seats = list(seats)
        self.areas = {area.name: area for area in event.areas.all()}
        self.differences = Differences()
        self.new: list[Seat] = []
        self.moved: list[Seat] = []  # These need their names at once, or two would share one.
        self.gone: list[Seat] = []
        before = _drawing(self.seats)
        self._require_unambiguous()
        self._add_areas()
        self._match()
        gone = set(self.gone)
        after = _drawing([*(seat for seat in self.seats if seat not in gone), *self.new])
        drawn = [label for label in self.differences.drawn if before.get(label) != after.get(label)]
        self.differences = replace(self.differences, drawn=drawn)
        self._require_free_labels()

    def _require_unambiguous(self) -> None:
        for name, keys in {
            "Listed twice": Counter(place.label for place in self.places),
            "Same position twice": Counter(
                " ".join(map(str, filter(None, place.place))) for place in self.places
            ),
        }.items():
            if twice := [key for key, count in keys.items() if count > 1]:
                raise UnusablePlan(name, twice)
        standing = {name for name, area in self.areas.items() if area.is_standing}
        if wrong := sorted(standing & {place.area for place in self.places if place.area}):
            raise UnusablePlan("A standing area can’t have seats", wrong)

    def _add_areas(self) -> None:
        named = dict.fromkeys(place.area for place in self.places if place.area)
        slugs = {area.slug for area in self.areas.values()}
        after = max((area.position for area in self.areas.values()), default=-1) + 1
        for position, name in enumerate((name for name in named if name not in self.areas), start=after):
            slug = _free_slug(name, slugs)
            slugs.add(slug)
            self.areas[name] = Area(event=self.event, name=name, slug=slug, position=position)
            self.differences.areas.append(name)

    def _match(self) -> None:
        """Find the seat for each place: the one that is there, else the one that is called so."""
        left = {_place_of(seat): seat for seat in self.seats}
        there = {place: left.pop(place.place) for place in self.places if place.place in left}
        called = {seat.label: seat for seat in left.values()}
        for place in self.places:
            seat = there.get(place) or called.pop(place.label, None)
            if seat is None:
                self._add(place)
            else:
                left.pop(_place_of(seat), None)
                self._change(seat, place)
        for seat in left.values():
            if seat.state != SeatState.NO_PLACE:
                self._remove(seat)

    def _add(self, place: PlannedPlace) -> None:
        if place.price is None:
            raise UnusablePlan("New, without a price", [place.label])
        wanted = {**_wanted(place, Seat()), "area": self._area(place)}
        self.new.append(Seat(event=self.event, **wanted))
        self.differences.added.append(place.label)

    def _change(self, seat: Seat, place: PlannedPlace) -> None:
        label = seat.label
        wanted = {**_wanted(place, seat), "area": self._area(place)}
        changes = {
            name: (getattr(seat, name), value)
            for name, value in wanted.items()
            if getattr(seat, name) != value
        }
        nature = {name: changes.pop(name) for name in NATURE if name in changes}
        if nature and seat.booking_id is not None:
            self.differences.kept[label] = _why_kept(seat)
            nature = {}
        elif nature:
            self.differences.changed.append(Change(label, nature))
        elif changes:
            self.differences.drawn.append(label)
        for name, (_before, after) in {**nature, **changes}.items():
            setattr(seat, name, after)
        if "state" in nature and seat.state != SeatState.HELD_BACK:
            seat.held_back_for = seat.held_back_note = ""
        if nature or changes:
            self.moved.append(seat)

    def _remove(self, seat: Seat) -> None:
        if seat.booking_id is not None:
            self.differences.kept[seat.label] = _why_kept(seat)
            return
        self.gone.append(seat)
        self.differences.removed.append(seat.label)

    def _area(self, place: PlannedPlace) -> Area | None:
        return self.areas[place.area] if place.area else None

    def _require_free_labels(self) -> None:
        """Refuse two seats of one name or place: one that stays, because it was booked, and a new one."""
        gone = {seat.pk for seat in self.gone if seat.pk not in self._ever_booked}
        standing = self.event.seats.standing().values_list("label", flat=True)
        staying = [seat for seat in self.seats if seat.pk not in gone]
        labels = Counter([*standing, *(seat.label for seat in [*staying, *self.new])])
        if twice := [label for label, count in labels.items() if count > 1]:
            raise UnusablePlan("A booked seat already has this name", twice)
        places = Counter(_place_of(seat) for seat in [*staying, *self.new])
        if twice := [seat.label for seat in self.new if places[_place_of(seat)] > 1]:
            raise UnusablePlan("A booked seat already has this number", twice)

    @cached_property
    def _ever_booked(self) -> set[int]:
        gone = [seat.pk for seat in self.gone]
        return set(BookedSeat.objects.filter(seat__in=gone).values_list("seat", flat=True))

    def save(self) -> None:
        for area in self.areas.values():
            if area.pk is None:
                area.save()
        booked = self._ever_booked
        Seat.objects.filter(pk__in=[seat.pk for seat in self.gone if seat.pk not in booked]).delete()
        Seat.objects.filter(pk__in=booked).update(state=SeatState.NO_PLACE)
        names = {"label", "row", "number"}
        if any(names & set(one.fields) for one in self.differences.changed):
            # Two that change their names with each other would share one for a moment.
            mine = Seat.objects.filter(pk__in=[seat.pk for seat in self.moved if seat.booking_id is None])
            mine.update(label=OWN_NAME, row=OWN_NAME)
        Seat.objects.bulk_update(self.moved, [*NATURE, *WHY_HELD_BACK, *DRAWING], batch_size=500)
        Seat.objects.bulk_create(self.new)


def with_columns(places: Iterable[PlannedPlace]) -> list[PlannedPlace]:
    """Return ``places``, with columns in rows that have only odd or only even numbers."""
    rows: dict[tuple[Any, ...], list[PlannedPlace]] = defaultdict(list)
    for place in places:
        rows[place.area, place.row_rank, place.row].append(place)
    return [one for row in rows.values() for one in _with_columns(row)]


def _with_columns(row: list[PlannedPlace]) -> list[PlannedPlace]:
    numbers = [place.number for place in row]
    skips = len(row) > 1 and len({number % 2 for number in numbers}) == 1
    if not skips or any(place.column is not None for place in row):
        return row
    first = min(numbers)
    return [replace(place, column=place.number - first + 2) for place in row]


def _wanted(place: PlannedPlace, seat: Seat) -> dict[str, Any]:
    """Return the values that ``seat`` gets, without those that the plan leaves as they are."""
    given = {"price": place.price, "notes": place.notes, "state": place.state}
    wanted = {name: value for name, value in given.items() if value is not None}
    if place.state is None and seat.state == SeatState.NO_PLACE:
        wanted["state"] = SeatState.FOR_SALE
    own = {name: getattr(place, name) for name in ("row", "number", "label", "row_rank", "column")}
    return {**own, **wanted}


def _place_of(seat: Seat) -> Place:
    return seat.area.name if seat.area else "", seat.row, seat.number


def _why_kept(seat: Seat) -> str:
    is_held = seat.booking is not None and seat.booking.status == BookingStatus.HELD
    return "on hold" if is_held else "sold"


def _free_slug(name: str, taken: set[str]) -> str:
    wanted = slugify(name)[:34] or "area"
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (wanted, *numbered) if slug not in taken)
