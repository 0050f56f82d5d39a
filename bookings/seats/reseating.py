"""Find seats for a released booking whose payment arrived late."""

from collections.abc import Sequence

from django.utils import timezone

from bookings.models import BookedSeat, Booking, BookingStatus, Seat
from bookings.orders.codes import CodeUsedUp, lock_code
from bookings.orders.types import TypeSoldOut, lock_quotas
from bookings.orders.wishes import wish_of
from bookings.seats.best_available import best_blocks
from bookings.seats.occupying import occupy
from waiting.publishing import publish

Kind = tuple[int | None, int, bool]  # area, price of the place, whether it is for a wheelchair or a companion


class NoSeatsLeft(Exception):
    """
    The booking's own seats are taken, and there aren't enough others at the same prices.

    Or others have what was left of their ticket types or of the booking's code.
    """


def hold_again(booking: Booking) -> None:
    """
    Hold seats for a released ``booking`` again; the caller has locked its row.

    If any of its seats is taken, or isn't for sale any more, choose all of them anew among the free ones at
    the same prices, adjacent if possible, and mark the original ones as replaced. Raise ``NoSeatsLeft`` if
    there are too few; then nothing changes.
    """
    wanted = list(booking.booked_seats.current().select_related("seat", "type"))
    prices = {booked.place_price for booked in wanted}
    # One statement locks the own seats and all possible replacements, in the order of ids, to avoid
    # deadlocks.
    own = booking.event.seats.filter(pk__in=[booked.seat_id for booked in wanted])
    free = [s for s in (own | booking.event.seats.free().filter(price__in=prices)).lock() if s.is_free]
    _require_terms(booking, wanted)
    if not {booked.seat_id for booked in wanted} <= {seat.pk for seat in free}:
        wanted = _replace(booking, wanted, free)
    occupy(wanted)
    booking.status = BookingStatus.HELD
    booking.save(update_fields=["status"])
    publish(booking.event.topic)


def _require_terms(booking: Booking, wanted: Sequence[BookedSeat]) -> None:
    """Raise ``NoSeatsLeft`` if the quota of a type, or the limit of the code, was used up meanwhile."""
    try:
        lock_quotas([booked.type for booked in wanted], wish_of(booking))
        lock_code(booking.code, email=booking.email)
    except (TypeSoldOut, CodeUsedUp) as reason:
        raise NoSeatsLeft from reason


def _replace(booking: Booking, lost: Sequence[BookedSeat], free: Sequence[Seat]) -> list[BookedSeat]:
    """Return other seats, booked at the prices of the ``lost`` ones, and mark those as replaced."""
    equal = []
    for kind, alike in _by_place(lost):
        alike_free = [seat for seat in free if (seat.area_id, seat.price, seat.is_kept) == kind]
        seats = _choose(booking, alike_free, len(alike))
        equal += [booked.moved_to(seat) for booked, seat in zip(alike, seats, strict=True)]
    booking.booked_seats.current().update(replaced_at=timezone.now())
    return BookedSeat.objects.bulk_create(equal)


def _by_place(lost: Sequence[BookedSeat]) -> list[tuple[Kind, list[BookedSeat]]]:
    """Group booked seats by what they have to have in common with others that replace them."""
    kinds = dict.fromkeys(_kind(booked) for booked in lost)
    return [(kind, [booked for booked in lost if _kind(booked) == kind]) for kind in kinds]


def _kind(booked: BookedSeat) -> Kind:
    return booked.seat.area_id, booked.place_price, booked.seat.is_kept


def _choose(booking: Booking, free: list[Seat], quantity: int) -> list[Seat]:
    if len(free) < quantity:
        raise NoSeatsLeft
    by_id = {seat.pk: seat for seat in free}
    ordered = booking.event.seats.filter(pk__in=by_id).in_row_order().values_list("pk", flat=True)
    best = best_blocks(booking.event, quantity, among=by_id, limit=1)
    return [by_id[pk] for pk in (best[0] if best else ordered[:quantity])]
