"""The seats of an event as a page draws them."""

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

# What a screen reader says of a seat. Browsers fill them in as well, when a seat changes.
DESCRIPTIONS = {
    "free": _("Row {row}, seat {number}, {price}"),
    "held": _("Row {row}, seat {number}, on hold for somebody else"),
    "taken": _("Row {row}, seat {number}, taken"),
    "mine": _("Row {row}, seat {number}, yours"),
}


@dataclass(frozen=True)
class Price:
    """What some of the seats cost, in minor units and in words; ``look``, a number, is how they are drawn."""

    look: str
    amount: int
    words: str
    free: int


@dataclass(frozen=True)
class DrawnSeat:
    """
    A seat on the map; its state is one of ``DESCRIPTIONS``.

    All is text, and nothing is computed late: thousands of these are drawn for one page.
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
    """A row of the map, with all prices that there are in it."""

    name: str
    prices: list[Price]
    seats: list[DrawnSeat]


@dataclass(frozen=True)
class SeatMap:
    """All rows from the front, the prices from the dearest, and which states of which layout are drawn."""

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
    Return the map of ``event``; the seats of the bookings whose ids are in ``own`` are the customer's.

    Those ``chosen`` and those ``offered`` are marked where they are free.
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
    """Return the prices of ``seats`` by their amounts, the dearest first."""
    free = Counter(seat[4] for seat in seats if seat[5] is None)
    amounts = sorted({seat[4] for seat in seats}, reverse=True)
    return {
        amount: Price(str(number), amount, format_money(amount, event.currency), free[amount])
        for number, amount in enumerate(amounts, start=1)
    }
