"""Prepare an event's seat map for the template."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import xor
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from bookings.models import Event
from bookings.money import format_money
from bookings.seats.seat_states import LAYOUT_HASH, STATE_DIGIT, STATES, SeatStates

# Descriptions of seats for screen readers. The page's script fills them in too when a seat's state changes.
DESCRIPTIONS = {
    "free": _("Row {row}, seat {number}, {price}"),
    "held": _("Row {row}, seat {number}, on hold for somebody else"),
    "taken": _("Row {row}, seat {number}, taken"),
    "mine": _("Row {row}, seat {number}, yours"),
}


@dataclass(frozen=True)
class Price:
    """A price category: the ``amount`` in minor units, its text, and a number for its ``look`` on the map."""

    look: str
    amount: int
    words: str
    free: int


class DrawnSeat(NamedTuple):
    """
    A seat on the map; ``state`` is a key of ``DESCRIPTIONS``.

    The values are ready to print, without lazy translations or properties, because a page may show thousands.
    """

    label: str
    number: str
    look: str
    state: str
    words: str
    is_chosen: bool
    is_offered: bool


@dataclass(frozen=True)
class DrawnRow:
    """A row of the map, with the price categories in it."""

    name: str
    prices: list[Price]
    seats: list[DrawnSeat]


@dataclass(frozen=True)
class SeatMap:
    """
    The rows from the front and the price categories, highest first.

    ``layout`` and ``tag`` identify the states shown, so that the page's script can ask for changes since
    then.
    """

    rows: list[DrawnRow]
    prices: list[Price]
    layout: str
    tag: str


def draw_map(
    event: Event,
    *,
    own: Collection[int] = (),
    chosen: Collection[str] = (),
    offered: Collection[str] = (),
) -> SeatMap:
    """
    Return the seat map of ``event``.

    ``own`` has the ids of the customer's own bookings. The labels in ``chosen`` and ``offered`` are marked if
    these seats are free.
    """
    seats = _read_seats(event)
    states = _states_of(seats)
    prices = _prices(event, seats)
    descriptions = {state: str(text) for state, text in DESCRIPTIONS.items()}

    def draw(seat: _SeatRow) -> DrawnSeat:
        state = "mine" if seat.booking_id in own else STATES[seat.digit]
        price = prices[seat.price]
        is_free = seat.booking_id is None
        return DrawnSeat(
            label=seat.label,
            number=str(seat.number),
            look=price.look,
            state=state,
            words=descriptions[state].format(row=seat.row, number=seat.number, price=price.words),
            is_chosen=is_free and seat.label in chosen,
            is_offered=is_free and seat.label in offered,
        )

    rows = []
    for name, group in groupby(seats, key=lambda seat: seat.row):
        of_row = list(group)
        in_row = dict.fromkeys(prices[seat.price] for seat in of_row)
        rows.append(DrawnRow(name, list(in_row), [draw(seat) for seat in of_row]))
    return SeatMap(rows, list(prices.values()), states.layout_name, states.tag)


class _SeatRow(NamedTuple):
    row: str
    pk: int
    label: str
    number: int
    price: int
    booking_id: int | None
    digit: str
    layout_hash: int


def _read_seats(event: Event) -> list[_SeatRow]:
    """Return the columns that the map needs, in row order; models would take much longer."""
    seats = event.seats.drawn().in_row_order().annotate(digit=STATE_DIGIT, layout_hash=LAYOUT_HASH)
    return [_SeatRow(*values) for values in seats.values_list(*_SeatRow._fields)]


def _states_of(seats: list[_SeatRow]) -> SeatStates:
    """Return the states as ``read_states`` does, without another query."""
    layout = reduce(xor, (seat.layout_hash for seat in seats), 0)
    return SeatStates(layout, "".join(seat.digit for seat in sorted(seats, key=lambda seat: seat.pk)))


def _prices(event: Event, seats: list[_SeatRow]) -> dict[int, Price]:
    """Return the price categories of ``seats`` by amount, the highest first."""
    free = Counter(seat.price for seat in seats if seat.booking_id is None)
    amounts = sorted({seat.price for seat in seats}, reverse=True)
    return {
        amount: Price(str(number), amount, format_money(amount, event.currency), free[amount])
        for number, amount in enumerate(amounts, start=1)
    }
