"""Lock the best free seats of an event for one customer, while others do the same."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction

from bookings.models import Event, Seat

MOST_BLOCKS = 40  # at a time; one seat that is locked may be in 20 of them
# Blocks of adjacent free seats without those of ``others``: those nearest to the front first, then those
# nearest to their row's middle.
BEST_BLOCKS = """
    WITH free AS (
        SELECT row, number, lead(number, %(more)s) OVER in_row AS last,
               array_agg(id) OVER (in_row ROWS BETWEEN CURRENT ROW AND %(more)s FOLLOWING) AS ids
          FROM bookings_seat
         WHERE event_id = %(event)s AND booking_id IS NULL AND id <> ALL(%(others)s::bigint[])
        WINDOW in_row AS (PARTITION BY row ORDER BY number)
    ), rows AS (
        SELECT row, min(number) + max(number) AS ends
          FROM bookings_seat WHERE event_id = %(event)s GROUP BY row
    )
    SELECT ids FROM free JOIN rows USING (row) WHERE last - number = %(more)s
     ORDER BY length(row), row, abs(number + last - ends), number LIMIT %(most)s
"""
# The first of these seats that are free and that no other transaction has locked.
LOCK_FIRST = """
    SELECT seat.* FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wish (id, place)
      JOIN bookings_seat AS seat USING (id)
     WHERE seat.booking_id IS NULL ORDER BY wish.place LIMIT %(quantity)s
       FOR NO KEY UPDATE OF seat SKIP LOCKED
"""


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
    free = event.seats.free().in_row_order()
    with transaction.atomic():
        seats = list(free.select_for_update(no_key=True, skip_locked=True)[:quantity])
        if len(seats) < quantity:
            transaction.set_rollback(True)
            return []
    return seats
