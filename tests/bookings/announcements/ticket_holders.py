"""Customers with tickets, without the trouble of paying."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, Event, StopReason
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats
from bookings.tickets.issuing import confirm
from bookings.tickets.validity import stop_tickets


def hold(
    event: Event, seat: str, email: str, *, name: str = "Ada Lovelace", language: str = "en-gb"
) -> Booking:
    buyer = Buyer(name=name, email=email, account=None, language=language)
    return hold_seats(event, buyer, labels=[seat], until=timezone.now() + timedelta(hours=1))


@transaction.atomic
def sell(event: Event, seat: str, email: str, **more: str) -> Booking:
    booking = hold(event, seat, email, **more)
    confirm(booking)
    return booking


def give_back(booking: Booking) -> None:
    stop_tickets(booking, {ticket.pk: StopReason.REFUNDED for ticket in booking.tickets.all()})
