"""Suggest seats to customers. Suggested seats aren't held."""

from collections.abc import Collection, Sequence
from itertools import groupby

from bookings.models import Event, Seat
from bookings.seats.best_available import Row, are_adjacent, best_blocks, best_first, best_of, row_of
from bookings.seats.holds import too_few


def suggest_best(event: Event, *, quantity: int, most: int | None = None) -> list[Seat]:
    """
    Return the seats that ``lock_best`` would lock now, if no other customer were buying.

    Raise ``SoldOut`` if there are fewer free seats, or ``NotOnSale`` if there are none at all.
    """
    for block in best_blocks(event, quantity, most=most, limit=1):
        return list(event.seats.filter(pk__in=block).in_row_order())
    seats = list(best_first(best_of(event, most))[:quantity])
    if len(seats) < quantity:
        raise too_few(event, len(seats), most)
    return seats


def find_alternatives(event: Event, *, lost: Collection[str], chosen: Collection[str]) -> list[Seat]:
    """
    Return free seats to replace the ``lost`` ones, at the same prices and as near to them as possible.

    Places for wheelchairs and companions only replace each other. Seats that the customer has already
    ``chosen`` are left out. Return an empty list if not all of ``lost`` can be replaced.
    """
    seats = list(event.seats.drawn().in_row_order())
    rows = {row: place for place, row in enumerate(dict.fromkeys(row_of(seat) for seat in seats))}
    gone = sorted((seat for seat in seats if seat.label in lost), key=_kind)
    found: list[Seat] = []
    for kind, group in groupby(gone, key=_kind):
        alike = list(group)
        free = [s for s in seats if _kind(s) == kind and s.is_free and s.label not in chosen]
        found += _nearest(alike, free, rows)
    return found if len(found) == len(gone) else []


def _kind(seat: Seat) -> tuple[int, bool]:
    return seat.price, seat.is_kept


def _nearest(lost: Sequence[Seat], free: Sequence[Seat], rows: dict[Row, int]) -> list[Seat]:
    """Return as many of ``free`` as are ``lost``: adjacent if possible, and near to them."""

    def distance(seats: list[Seat]) -> tuple[int, int]:
        pairs = list(zip(seats, lost, strict=False))
        far = sum(abs(rows[row_of(seat)] - rows[row_of(gone)]) for seat, gone in pairs)
        return far, sum(abs(seat.place - gone.place) for seat, gone in pairs)

    number = len(lost)
    runs = [list(free[start : start + number]) for start in range(len(free) - number + 1)]
    together = [run for run in runs if are_adjacent(run)]
    if together:
        return min(together, key=distance)
    middle = lost[number // 2]
    nearest = sorted(
        free, key=lambda s: (abs(rows[row_of(s)] - rows[row_of(middle)]), abs(s.place - middle.place))
    )
    return nearest[:number]
