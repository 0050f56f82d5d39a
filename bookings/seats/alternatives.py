"""Seats that a customer may like. Nothing is held: whoever wants them asks for them by name."""

from collections.abc import Collection, Sequence
from itertools import groupby

from bookings.models import Event, Seat
from bookings.seats.holds import SoldOut, are_adjacent, blocks


def suggest_best(event: Event, *, quantity: int) -> list[Seat]:
    """
    Return what ``hold_best_available`` would take if nobody else were there.

    Raise ``SoldOut`` if there are fewer free seats.
    """
    free = list(event.seats.free().in_row_order())
    if len(free) < quantity:
        raise SoldOut(len(free))
    return next(iter(blocks(event, free, quantity)), free[:quantity])


def find_alternatives(event: Event, *, lost: Collection[str], chosen: Collection[str]) -> list[Seat]:
    """
    Return free seats for those ``lost``, at the same prices and as near as there are; none if too few.

    None of those that the customer has ``chosen`` is suggested again.
    """
    seats = list(event.seats.in_row_order())
    rows = {row: place for place, row in enumerate(dict.fromkeys(seat.row for seat in seats))}
    gone = sorted((seat for seat in seats if seat.label in lost), key=lambda seat: seat.price)
    found: list[Seat] = []
    for price, group in groupby(gone, key=lambda seat: seat.price):
        alike = list(group)
        free = [s for s in seats if s.price == price and s.booking_id is None and s.label not in chosen]
        found += _nearest(alike, free, rows)
    return found if len(found) == len(gone) else []


def _nearest(lost: Sequence[Seat], free: Sequence[Seat], rows: dict[str, int]) -> list[Seat]:
    """Return as many of ``free``: side by side if there are, and near to ``lost``."""

    def distance(seats: list[Seat]) -> tuple[int, int]:
        pairs = list(zip(seats, lost, strict=False))
        far = sum(abs(rows[seat.row] - rows[gone.row]) for seat, gone in pairs)
        return far, sum(abs(seat.number - gone.number) for seat, gone in pairs)

    number = len(lost)
    runs = [list(free[start : start + number]) for start in range(len(free) - number + 1)]
    together = [run for run in runs if are_adjacent(run)]
    if together:
        return min(together, key=distance)
    middle = lost[number // 2]
    nearest = sorted(free, key=lambda s: (abs(rows[s.row] - rows[middle.row]), abs(s.number - middle.number)))
    return nearest[:number]
