"""Lock the best free seats of an event for one customer, while others do the same."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Q

from bookings.models import AreaKind, Event, Seat
from bookings.models.seat import SeatQuerySet

Row = tuple[int | None, int, str]  # area, rank, name
MOST_BLOCKS = 40  # at a time; one seat that is locked may be in 20 of them
# Blocks of adjacent free seats without those of ``others``: those nearest to the front first, then those
# nearest to their row's middle.
BEST_BLOCKS = """
    WITH drawn AS (
        SELECT seat.id, coalesce(area.position, -1) AS area, coalesce(area_id, 0) AS area_id, row_rank, row,
               coalesce("column", 2 * number) AS place, booking_id IS NULL AND state = 'for_sale' AS is_free
          FROM bookings_seat AS seat LEFT JOIN bookings_area AS area ON area.id = seat.area_id
         WHERE seat.event_id = %(event)s AND area.kind IS DISTINCT FROM 'standing' AND state <> 'no_place'
    ), free AS (
        SELECT area, area_id, row_rank, row, place, lead(place, %(more)s) OVER in_row AS last,
               array_agg(id) OVER (in_row ROWS BETWEEN CURRENT ROW AND %(more)s FOLLOWING) AS ids
          FROM drawn WHERE is_free AND id <> ALL(%(others)s::bigint[])
        WINDOW in_row AS (PARTITION BY area_id, row_rank, row ORDER BY place)
    ), rows AS (
        SELECT area_id, row_rank, row, min(place) + max(place) AS ends
          FROM drawn GROUP BY area_id, row_rank, row
    )
    SELECT ids FROM free JOIN rows USING (area_id, row_rank, row) WHERE last - place = 2 * %(more)s
     ORDER BY area, area_id, row_rank, length(row), row, abs(place + last - ends), place LIMIT %(most)s
"""
# The first of these seats that are free and that no other transaction has locked.
LOCK_FIRST = """
    SELECT seat.* FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wish (id, place)
      JOIN bookings_seat AS seat USING (id)
     WHERE seat.booking_id IS NULL AND seat.state = 'for_sale' ORDER BY wish.place LIMIT %(quantity)s
       FOR NO KEY UPDATE OF seat SKIP LOCKED
"""


def best_of(event: Event) -> SeatQuerySet:
    """Return the free places that "best available" means: those on the map, where there is one."""
    drawn = event.seats.drawn()
    return event.seats.free().filter(~Q(area__kind=AreaKind.STANDING) | ~Exists(drawn))


def lock_best(event: Event, quantity: int) -> list[Seat]:
    """
    Lock the best ``quantity`` free seats until the transaction ends and return them; none if there are fewer.

    The best are adjacent seats in one row, as near to the front and the middle as possible; if there are
    none, the free seats nearest to the front. Seats that another transaction has locked are skipped instead
    of waited for.
    """
    others: set[int] = set()  # seats that are locked
    while blocks := _best_blocks(event, quantity, others):
        for block in blocks if quantity > 1 else [[pk for (pk,) in blocks]]:
            if others.isdisjoint(block):
                seats = _lock_all(block, quantity)
                if len(seats) == quantity:
                    return seats
                others |= set(block) - {seat.pk for seat in seats}
    return _lock_front(event, quantity)


def _best_blocks(event: Event, quantity: int, others: Collection[int]) -> list[list[int]]:
    params: dict[str, Any] = {"event": event.pk, "more": quantity - 1, "most": MOST_BLOCKS}
    with connection.cursor() as cursor:
        cursor.execute(BEST_BLOCKS, {**params, "others": list(others)})
        return [ids for (ids,) in cursor.fetchall()]


def _lock_all(wish: Sequence[int], quantity: int) -> list[Seat]:
    """Lock ``quantity`` of these seats; if there are fewer, return those, but lock none."""
    params = {"ids": list(wish), "quantity": quantity}
    if quantity == 1:
        return list(Seat.objects.raw(LOCK_FIRST, params))
    with transaction.atomic():
        seats = list(Seat.objects.raw(LOCK_FIRST, params))
        if len(seats) < quantity:
            # Drop the locks on the others, or concurrent customers would skip seats that stay free.
            transaction.set_rollback(True)
    return seats


def _lock_front(event: Event, quantity: int) -> list[Seat]:
    free = best_of(event).in_row_order()
    with transaction.atomic():
        seats = list(free.select_for_update(no_key=True, skip_locked=True, of=("self",))[:quantity])
        if len(seats) < quantity:
            transaction.set_rollback(True)
            return []
    return seats


def blocks(event: Event, free: Sequence[Seat], quantity: int) -> list[list[Seat]]:
    """Return every block of ``quantity`` adjacent seats in ``free`` (in row order), the best first."""
    runs = [list(free[start : start + quantity]) for start in range(len(free) - quantity + 1)]
    rows = {row: place for place, row in enumerate(dict.fromkeys(row_of(seat) for seat in free))}
    ends: dict[Row, int] = {}
    for seats in _by_row(event.seats.all()).values():
        places = [seat.place for seat in seats]
        ends[row_of(seats[0])] = min(places) + max(places)

    def distance(run: list[Seat]) -> tuple[int, int]:
        row = row_of(run[0])
        return rows[row], abs(run[0].place + run[-1].place - ends[row])

    return sorted((run for run in runs if are_adjacent(run)), key=distance)


def row_of(seat: Seat) -> Row:
    """Return what tells a row of an event from its others."""
    return seat.area_id, seat.row_rank, seat.row


def _by_row(seats: Iterable[Seat]) -> dict[Row, list[Seat]]:
    rows: dict[Row, list[Seat]] = {}
    for seat in seats:
        rows.setdefault(row_of(seat), []).append(seat)
    return rows


def are_adjacent(run: Sequence[Seat]) -> bool:
    first, last = run[0], run[-1]
    return row_of(first) == row_of(last) and last.place - first.place == 2 * (len(run) - 1)
