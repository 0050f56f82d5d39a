"""The map as staff see it: with what is held back and for whom, and what is no place."""

from collections.abc import Collection
from dataclasses import dataclass

from bookings.models import Event, SeatState, split_notes
from bookings.money import format_money
from bookings.seats.geometry import Gaps, Spot
from bookings.seats.seat_map import NOTES, OTHER_NOTE, MapSeat, lay_out, read_seats

HELD_BACK = ("pk", "held_back_for", "held_back_note")
HELD = "1"  # of STATES


@dataclass(frozen=True)
class HouseSeat:
    """A seat on staff's map, ready to print; ``state`` is free, held, sold, held_back or no_place."""

    pk: int
    label: str
    number: str
    state: str
    words: str
    mark: str
    is_later: bool  # held back once it comes back
    is_ticked: bool
    gaps: Gaps
    lift: int


@dataclass(frozen=True)
class HouseRow:
    """A row with the key by which all of it is chosen."""

    key: str
    name: str
    seats: list[HouseSeat]
    end: Gaps


@dataclass(frozen=True)
class HouseArea:
    """A part of the house; ``curve`` is in quarters of a seat."""

    name: str
    curve: int
    rows: list[HouseRow]


WORDS = {
    "free": "for sale",
    "held": "on hold for a buyer",
    "sold": "sold",
    "held_back": "held back",
    "no_place": "removed",
}


def draw_house(event: Event, *, ticked: Collection[str] = ()) -> list[HouseArea]:
    """Return all seats of ``event``, with those marked whose ids are in ``ticked``."""
    held_back = event.seats.filter(state=SeatState.HELD_BACK)
    why = {pk: ": ".join(filter(None, words)) for pk, *words in held_back.values_list(*HELD_BACK)}

    def draw(seat: MapSeat, spot: Spot) -> HouseSeat:
        state = _state(seat)
        known = [WORDS[state], format_money(seat.price, event.currency), why.get(seat.pk), seat.notes]
        return HouseSeat(
            pk=seat.pk,
            label=seat.label,
            number=str(seat.number),
            state=state,
            words=", ".join([seat.label, *filter(None, known)]),
            mark=_mark(seat),
            is_later=state in {"held", "sold"} and seat.state == SeatState.HELD_BACK,
            is_ticked=str(seat.pk) in ticked,
            gaps=spot.gaps,
            lift=spot.lift,
        )

    parts = lay_out(event, read_seats(event, with_no_places=True))
    return [
        HouseArea(
            part.name,
            part.curve,
            [
                HouseRow(
                    key=f"{row[0].area_id or 0}.{row[0].row_rank}.{row[0].row}",
                    name=row[0].row,
                    seats=[draw(seat, spot) for seat, spot in zip(row, line.spots, strict=True)],
                    end=line.end,
                )
                for row, line in part.rows
            ],
        )
        for part in parts
    ]


def places_of_rows(event: Event, keys: Collection[str]) -> set[int]:
    """Return the ids of the seats in the rows with these keys, which a form sent; others mean none."""
    if not keys:
        return set()
    areas = draw_house(event)
    return {seat.pk for area in areas for row in area.rows if row.key in keys for seat in row.seats}


def _state(seat: MapSeat) -> str:
    if seat.booking_id is not None:
        return "held" if seat.digit == HELD else "sold"
    return "free" if seat.state == SeatState.FOR_SALE else seat.state


def _mark(seat: MapSeat) -> str:
    """Return the name of the mark for the first note of ``seat``."""
    notes = split_notes(seat.notes)
    return NOTES[notes[0]][0] if notes and notes[0] in NOTES else OTHER_NOTE if notes else ""
