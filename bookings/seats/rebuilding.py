"""Make a booking again that was lost with the database."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bookings.models import BookedSeat, Booking, BookingStatus, Event, SeatState
from bookings.orders.buyers import Buyer
from bookings.seats.holds import UnknownSeats
from bookings.seats.occupying import occupy
from waiting.publishing import publish


@transaction.atomic
def rebuild_booking(
    event: Event,
    buyer: Buyer,
    *,
    reference: str,
    prices: Mapping[str, int],
    made_at: datetime,
    until: datetime,
    is_cancelled: bool = False,
) -> Booking:
    """
    Make the booking with this ``reference`` again, for the seats whose labels are in ``prices``; return it.

    It holds them ``until`` then if all are free, else it is as if it had been released. One that
    ``is_cancelled`` doesn't want them. Raise ``UnknownSeats``.
    """
    seats = event.seats.filter(label__in=prices).lock()
    if unknown := sorted(set(prices) - {seat.label for seat in seats}):
        raise UnknownSeats(unknown)
    now = timezone.now()
    is_held = not is_cancelled and not any(
        seat.booking_id or seat.state == SeatState.NO_PLACE for seat in seats
    )
    ended = BookingStatus.CANCELLED if is_cancelled else BookingStatus.RELEASED
    booking = event.bookings.create(
        reference=reference,
        name=buyer.name,
        email=buyer.email,
        customer=buyer.account,
        language=buyer.language,
        status=BookingStatus.HELD if is_held else ended,
        held_until=until,
        released_at=None if is_held else now,
        cancelled_at=now if is_cancelled else None,
    )
    Booking.objects.filter(pk=booking.pk).update(created_at=made_at)
    booked = BookedSeat.objects.bulk_create(
        BookedSeat(booking=booking, seat=seat, price=prices[seat.label]) for seat in seats
    )
    if is_held:
        occupy(booked)
    booking.publish()
    publish(event.topic)
    return booking
