"""Turning a held booking into tickets, in the transaction that says it is paid."""

from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.models import Booking, BookingStatus, Seat, Ticket
from bookings.references import new_spoken_reference
from bookings.tickets.qr_codes import draw, enqueue_redraw
from waiting.publishing import publish


class SeatsLost(Exception):
    """A held booking doesn't have all its seats: a rule was broken, and nothing may be confirmed."""


def confirm(booking: Booking) -> list[Ticket]:
    """
    Confirm ``booking``, which the caller has locked and which is held, and return its tickets.

    One ticket a seat, each with its drawing or the reason why there is none. The mail with them is a job of
    the same transaction. Raise ``SeatsLost`` if the seats aren't all there.
    """
    seats = _lock_seats(booking)
    booking.status = BookingStatus.CONFIRMED
    booking.confirmed_at = timezone.now()
    booking.ticket_reference = booking.ticket_reference or new_spoken_reference()
    booking.save(update_fields=["status", "confirmed_at", "ticket_reference"])
    tickets = Ticket.objects.bulk_create([draw(Ticket(booking=booking, seat=seat)) for seat in seats])
    enqueue_mail(booking)
    for ticket in tickets:
        if not ticket.is_drawn:
            enqueue_redraw(ticket)
    booking.publish()
    publish(booking.event.topic)
    return tickets


def enqueue_mail(booking: Booking) -> None:
    """Let the worker mail the tickets; jobs for one booking run one at a time."""
    job = app.configure_task("bookings.tasks.mail_tickets", lock=f"mail:{booking.pk}")
    job.defer(booking_id=booking.pk)


def resend_mail(booking: Booking) -> None:
    """Let the worker mail the tickets of a confirmed booking once more."""
    Booking.objects.filter(pk=booking.pk).update(mailed_at=None, mailings=F("mailings") + 1)
    enqueue_mail(booking)


def _lock_seats(booking: Booking) -> list[Seat]:
    seats = booking.seats.lock()
    if len(seats) != booking.booked_seats.current().count():
        raise SeatsLost(f"Booking {booking} has {len(seats)} of its seats.")
    return seats
