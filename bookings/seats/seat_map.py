"""Prepare an event's seat map for the template."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import xor
from typing import Any

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


@dataclass(frozen=True)
class DrawnSeat:
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
    columns = ("row", "pk", "label", "number", "price", "booking_id", "digit", "place")
    seats = list(
        event.seats.in_row_order().annotate(digit=STATE_DIGIT, place=LAYOUT_HASH).values_list(*columns)
    )
    by_id = sorted(seats, key=lambda seat: seat[1])
    states = SeatStates(reduce(xor, (seat[-1] for seat in seats), 0), "".join(seat[-2] for seat in by_id))
    prices = _prices(event, seats)

    words = {state: str(said) for state, said in DESCRIPTIONS.items()}

    def draw(seat: tuple[Any, ...]) -> DrawnSeat:
        row, _id, label, number, amount, booking, digit, _place = seat
        state = "mine" if booking in own else STATES[digit]
        price = prices[amount]
        said = words[state].format(row=row, number=number, price=price.words)
        is_free = booking is None
        marks = is_free and label in chosen, is_free and label in offered
        return DrawnSeat(label, str(number), price.look, state, said, *marks)

    rows = []
    for name, group in groupby(seats, key=lambda seat: seat[0]):
        of_row = list(group)
        there = dict.fromkeys(prices[seat[4]] for seat in of_row)
        rows.append(DrawnRow(name, list(there), [draw(seat) for seat in of_row]))
    return SeatMap(rows, list(prices.values()), states.layout_name, states.tag)


def _prices(event: Event, seats: list[tuple[Any, ...]]) -> dict[int, Price]:
    """Return the price categories of ``seats`` by amount, the highest first."""
    free = Counter(seat[4] for seat in seats if seat[5] is None)
    amounts = sorted({seat[4] for seat in seats}, reverse=True)
    return {
        amount: Price(str(number), amount, format_money(amount, event.currency), free[amount])
        for number, amount in enumerate(amounts, start=1)
    }
