"""The seats of an event as a page draws them."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from bookings.models import Event


@dataclass(frozen=True)
class DrawnSeat:
    """A seat on the map; ``price`` in the minor unit of the event's currency."""

    label: str
    number: int
    price: int
    is_free: bool
    is_chosen: bool


@dataclass(frozen=True)
class DrawnRow:
    """A row of the map; ``price`` is that of its first seat."""

    name: str
    price: int
    seats: list[DrawnSeat]


def draw_rows(event: Event, chosen: Collection[str] = ()) -> list[DrawnRow]:
    """Return the rows of ``event`` from the front; ``chosen`` labels are marked if they are free."""
    seats = event.seats.from_the_front().values_list("row", "label", "number", "price", "booking_id")
    rows = []
    for name, group in groupby(seats, key=lambda seat: seat[0]):
        drawn = [
            DrawnSeat(label, number, price, booking is None, booking is None and label in chosen)
            for _, label, number, price, booking in group
        ]
        rows.append(DrawnRow(name, drawn[0].price, drawn))
    return rows
