"""Lock the best free seats of an event for one customer, while others do the same."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, Q, When

from bookings.models import AreaKind, Event, Seat
from bookings.models.seat import IN_ROW_ORDER, SeatQuerySet

Row = tuple[int | None, int, str]  # area, rank, name
MOST_BLOCKS = 40  # at a time; one seat that is locked may be in 20 of them
# Who needs these chooses them; what is left of them is for others only if nothing else is.
KEPT = r"(^|,)\s*(wheelchair|companion)\s*(,|$)"
WORSE = r"(^|,)\s*restricted view\s*(,|$)"
# Blocks of adjacent free seats without those of ``others``: those with a full view first, then those nearest
# to the front, those that leave the fewest single seats beside them, and those nearest to their row's middle.
BEST_BLOCKS = """
    WITH drawn AS (
        SELECT seat.id, coalesce(area.position, -1) AS area, coalesce(area_id, 0) AS area_id, row_rank, row,
               coalesce("column", 2 * number) AS place, booking_id IS NULL AND state = 'for_sale' AS is_free,
               notes <> '' AND notes ~* %(kept)s AS is_kept, notes <> '' AND notes ~* %(worse)s AS is_worse,
               coalesce(price <= %(most)s, true)
               AND coalesce(seat.id = ANY(%(among)s::bigint[]), true) AS is_meant
          FROM bookings_seat AS seat LEFT JOIN bookings_area AS area ON area.id = seat.area_id
         WHERE seat.event_id = %(event)s AND area.kind IS DISTINCT FROM 'standing' AND state <> 'no_place'
    ), free AS (
        SELECT area, area_id, row_rank, row, place, lead(place, %(more)s) OVER in_row AS last,
               array_agg(id) OVER block AS ids, bool_and(is_meant) OVER block AS is_meant,
               count(*) FILTER (WHERE is_worse) OVER block AS worse,
               lag(place) OVER in_row = place - 2
               AND lag(place, 2) OVER in_row IS DISTINCT FROM place - 4 AS strands_left,
               lead(place, %(more)s + 1) OVER in_row = place + 2 * %(more)s + 2
               AND lead(place, %(more)s + 2) OVER in_row IS DISTINCT FROM place + 2 * %(more)s + 4
               AS strands_right
          FROM drawn
         WHERE is_free AND id <> ALL(%(others)s::bigint[])
           AND (NOT is_kept OR coalesce(id = ANY(%(among)s::bigint[]), false))
        WINDOW in_row AS (PARTITION BY area_id, row_rank, row ORDER BY place),
               block AS (in_row ROWS BETWEEN CURRENT ROW AND %(more)s FOLLOWING)
    ), rows AS (
        SELECT area_id, row_rank, row, min(place) + max(place) AS ends
          FROM drawn GROUP BY area_id, row_rank, row
    )
    SELECT ids FROM free JOIN rows USING (area_id, row_rank, row)
     WHERE last - place = 2 * %(more)s AND is_meant
     ORDER BY worse, area, area_id, row_rank, length(row), row,
              coalesce(strands_left, false)::int + coalesce(strands_right, false)::int,
              abs(place + last - ends), place LIMIT %(limit)s
"""
# The first of these seats that are free and that no other transaction has locked.
LOCK_FIRST = """
    SELECT seat.* FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wish (id, place)
      JOIN bookings_seat AS seat USING (id)
     WHERE seat.booking_id IS NULL AND seat.state = 'for_sale' ORDER BY wish.place LIMIT %(quantity)s
       FOR NO KEY UPDATE OF seat SKIP LOCKED
"""


def best_of(event: Event, most: int | None = None) -> SeatQuerySet:
    """
    Return the free places that "best available" means: those on the map, where there is one.

    None of them costs more than ``most``, in minor units.
    """
    free = event.seats.free().filter(~Q(area__kind=AreaKind.STANDING) | ~Exists(event.seats.drawn()))
    return free if most is None else free.filter(price__lte=most)


def best_first(seats: SeatQuerySet) -> SeatQuerySet:
    """Order single seats: those that nobody needs more than others first, then those with a full view."""
    return seats.order_by(
        Case(When(notes__iregex=KEPT, then=1), default=0),
        Case(When(notes__iregex=WORSE, then=1), default=0),
        *IN_ROW_ORDER,
    )


def lock_best(event: Event, quantity: int, most: int | None = None) -> list[Seat]:
    """
    Lock the best ``quantity`` free seats until the transaction ends and return them; none if there are fewer.

    The best are adjacent seats in one row, as near to the front and the middle as possible, so that no single
    seat is left beside them; if there are none, the free seats nearest to the front. Places for wheelchairs
    and companions come last of all. None costs more than ``most``, in minor units. Seats that another
    transaction has locked are skipped instead of waited for.
    """
    others: set[int] = set()  # seats that are locked
    while blocks := best_blocks(event, quantity, others=others, most=most):
        for block in blocks if quantity > 1 else [[pk for (pk,) in blocks]]:
            if others.isdisjoint(block):
                seats = _lock_all(block, quantity)
                if len(seats) == quantity:
                    return seats
                others |= set(block) - {seat.pk for seat in seats}
    return _lock_front(event, quantity, most)


def wait_for_best(event: Event, quantity: int, most: int | None = None) -> list[Seat]:
    """Lock all that is free, once others are done with it; return ``quantity``, or as many as there are."""
    locked = {seat.pk: seat for seat in best_of(event, most).lock()}
    ordered = best_first(Seat.objects.filter(pk__in=locked)).values_list("pk", flat=True)
    return [locked[pk] for pk in ordered[:quantity]]


def best_blocks(
    event: Event,
    quantity: int,
    *,
    others: Collection[int] = (),
    most: int | None = None,
    among: Collection[int] | None = None,
    limit: int = MOST_BLOCKS,
) -> list[list[int]]:
    """
    Return the ids of the seats of each block of ``quantity`` adjacent free seats, the best first.

    Without ``among``, which has the ids of the seats that are meant, those for wheelchairs and companions are
    left out; none of ``others`` is free.
    """
    params: dict[str, Any] = {"event": event.pk, "more": quantity - 1, "limit": limit, "most": most}
    params |= {"among": None if among is None else list(among), "others": list(others)}
    with connection.cursor() as cursor:
        cursor.execute(BEST_BLOCKS, {**params, "kept": KEPT, "worse": WORSE})
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


def _lock_front(event: Event, quantity: int, most: int | None) -> list[Seat]:
    free = best_first(best_of(event, most))
    with transaction.atomic():
        seats = list(free.select_for_update(no_key=True, skip_locked=True, of=("self",))[:quantity])
        if len(seats) < quantity:
            transaction.set_rollback(True)
            return []
    return seats


def row_of(seat: Seat) -> Row:
    """Return what tells a row of an event from its others."""
    return seat.area_id, seat.row_rank, seat.row


def are_adjacent(run: Sequence[Seat]) -> bool:
    first, last = run[0], run[-1]
    return row_of(first) == row_of(last) and last.place - first.place == 2 * (len(run) - 1)
