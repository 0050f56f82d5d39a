"""Seats for a booking that was released and turns out to be paid."""

from collections.abc import Sequence

from django.utils import timezone

from bookings.models import BookedSeat, Booking, BookingStatus, Seat
from bookings.seats.holds import blocks
from waiting.publishing import publish


class NoSeatsLeft(Exception):
    """Neither the booking's own seats nor others of their prices are free."""


def hold_again(booking: Booking) -> None:
    """
    Hold the seats of ``booking`` again, which the caller has locked and which is released.

    If one of them is gone, as many others of the same prices are taken in their place, side by side where
    there are such, and the booking remembers which ones it lost. Raise ``NoSeatsLeft``; then nothing is held.
    """
    wanted = list(booking.booked_seats.current().select_related("seat"))
    prices = {booked.full_price for booked in wanted}
    # One statement takes every lock, in the order of the ids, as everybody does.
    own = booking.event.seats.filter(pk__in=[booked.seat_id for booked in wanted])
    free = [s for s in (own | booking.event.seats.free().filter(price__in=prices)).lock() if not s.booking_id]
    if not {booked.seat_id for booked in wanted} <= {seat.pk for seat in free}:
        wanted = _replace(booking, wanted, free)
    Seat.objects.filter(pk__in=[booked.seat_id for booked in wanted]).update(booking=booking)
    booking.status = BookingStatus.HELD
    booking.save(update_fields=["status"])
    publish(booking.event.topic)


def _replace(booking: Booking, lost: Sequence[BookedSeat], free: Sequence[Seat]) -> list[BookedSeat]:
    """Book other seats for what those of ``lost`` cost."""
    equal = []
    for price, alike in _by_full_price(lost):
        seats = _choose(booking, [seat for seat in free if seat.price == price], len(alike))
        equal += [booked.moved_to(seat) for booked, seat in zip(alike, seats, strict=True)]
    booking.booked_seats.current().update(replaced_at=timezone.now())
    return BookedSeat.objects.bulk_create(equal)


def _by_full_price(lost: Sequence[BookedSeat]) -> list[tuple[int, list[BookedSeat]]]:
    """Return the booked seats that cost the same before any saving, together."""
    prices = dict.fromkeys(booked.full_price for booked in lost)
    return [(price, [booked for booked in lost if booked.full_price == price]) for price in prices]


def _choose(booking: Booking, free: list[Seat], quantity: int) -> list[Seat]:
    if len(free) < quantity:
        raise NoSeatsLeft
    ordered = [seat for seat in booking.event.seats.in_row_order() if seat in free]
    return next(iter(blocks(booking.event, ordered, quantity)), ordered[:quantity])
