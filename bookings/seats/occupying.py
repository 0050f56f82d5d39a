"""Who has a seat, and as which type: the only code that gives one to a booking."""

from collections import defaultdict
from collections.abc import Iterable

from bookings.models import BookedSeat, Seat
from bookings.models.seat import SeatQuerySet


def occupy(booked: Iterable[BookedSeat], among: SeatQuerySet | None = None) -> bool:
    """
    Give the seats of ``booked``, which the caller has locked, to its bookings, as what they were sold as.

    Return False, having given none or some, unless all are ``among`` these seats. Quotas are counted by a
    trigger of the database.
    """
    alike: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    for one in booked:
        alike[one.booking_id, one.type_id].append(one.seat_id)
    seats = Seat.objects.all() if among is None else among
    return all(
        seats.filter(pk__in=ids).update(booking=booking, type=kind) == len(ids)
        for (booking, kind), ids in alike.items()
    )
