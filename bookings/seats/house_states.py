"""Take places out of sale and put them back, many at once, and say what buyers should know about them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction

from bookings.models import Event, Seat, SeatState, split_notes
from bookings.models.seat import SeatQuerySet
from waiting.publishing import publish

ROW = re.compile(r"row\s+(?P<rows>.+)", re.IGNORECASE)
SPAN = re.compile(r"(?P<first>.+?)\s+(?:to|–|-)\s+(?P<last>.+)", re.IGNORECASE)


class UnknownPlaces(Exception):
    """The event has no places that are called so."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(", ".join(names))


@dataclass(frozen=True)
class NewState:
    """
    What places become. None leaves a value as it is; ``price`` is in minor units.

    ``held_back_for`` and ``held_back_note`` only count with the state "held back": any other empties them.
    """

    state: SeatState | None = None
    held_back_for: str = ""
    held_back_note: str = ""
    notes: str | None = None
    price: int | None = None


@dataclass
class Changed:
    """
    What came of it: how many have ``changed``, and the labels of those that couldn't.

    ``later`` are held back once they come back from whoever has them. ``occupied`` would have been no places,
    and ``priced`` would have another price, but somebody is paying for them or has bought them.
    """

    changed: int = 0
    later: list[str] = field(default_factory=list)
    occupied: list[str] = field(default_factory=list)
    priced: list[str] = field(default_factory=list)


@transaction.atomic
def change_places(event: Event, places: Collection[int], to: NewState) -> Changed:
    """
    Change the places of ``event`` with these ids, whatever was done with them before; return what came of it.

    A place that is being bought at this moment is held first, or has its new state first. Whoever has one
    keeps it at the price that they were told: it is held back for when it comes back, but can't be no place.
    """
    seats = event.seats.filter(pk__in=places).lock()
    done = Changed()
    changed = [seat for seat in seats if _change(seat, to, done)]
    fields = ["state", "held_back_for", "held_back_note", "notes", "price"]
    Seat.objects.bulk_update(changed, fields, batch_size=500)
    done.changed = len(changed)
    if changed:
        publish(event.topic)
    return done


def _change(seat: Seat, to: NewState, done: Changed) -> bool:
    """Change ``seat``, which isn't saved; return whether anything is different now."""
    before = _values(seat)
    if to.state == SeatState.NO_PLACE and seat.booking_id is not None:
        done.occupied.append(seat.label)
    elif to.state is not None:
        is_held_back = to.state == SeatState.HELD_BACK
        if is_held_back and seat.booking_id is not None:
            done.later.append(seat.label)
        seat.state = to.state
        seat.held_back_for = to.held_back_for if is_held_back else ""
        seat.held_back_note = to.held_back_note if is_held_back else ""
    if to.notes is not None:
        seat.notes = ", ".join(split_notes(to.notes))
    if to.price is not None and to.price != seat.price:
        if seat.booking_id is None:
            seat.price = to.price
        else:
            done.priced.append(seat.label)
    return _values(seat) != before


def _values(seat: Seat) -> tuple[str, str, str, str, int]:
    return seat.state, seat.held_back_for, seat.held_back_note, seat.notes, seat.price


def find_places(event: Event, typed: str) -> SeatQuerySet:
    """
    Return the places that ``typed`` names: ``A-1, B-3 to B-8, row C, row Balcony D``.

    Small letters will do. Raise ``UnknownPlaces``.
    """
    every = list(event.seats.select_related("area").in_row_order())
    by_label = {seat.label.casefold(): place for place, seat in enumerate(every)}
    rows: dict[str, list[Seat]] = defaultdict(list)
    for seat in every:
        for name in {seat.row, f"{seat.area} {seat.row}"}:
            rows[name.casefold()].append(seat)
    found: list[Seat] = []
    unknown: list[str] = []
    for part in (part.strip() for part in re.split("[,;\n]", typed)):
        if part:
            seats = list(_named(part, every, by_label, rows))
            found += seats
            unknown += [] if seats else [part]
    if unknown:
        raise UnknownPlaces(unknown)
    return event.seats.filter(pk__in=[seat.pk for seat in found])


def _named(
    part: str, every: list[Seat], by_label: dict[str, int], rows: dict[str, list[Seat]]
) -> Iterable[Seat]:
    """Return the places that one part of what was typed names; none if there are no such."""
    name = part.casefold()
    if name in by_label:
        return [every[by_label[name]]]
    if (found := ROW.fullmatch(name)) and found["rows"] in rows:
        return rows[found["rows"]]
    if found := SPAN.fullmatch(name):
        first, last = by_label.get(found["first"]), by_label.get(found["last"])
        if first is not None and last is not None:
            return every[min(first, last) : max(first, last) + 1]
    return []
