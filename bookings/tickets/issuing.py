"""Issue the tickets of a held booking, in the transaction that marks its payment as paid."""

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.models import BookedSeat, Booking, BookingStatus, Seat, Ticket
from bookings.references import derived_reference, new_reference, new_spoken_reference
from bookings.tickets.qr_codes import draw, enqueue_redraw
from config.database.compiled import CompiledQuery, insert, update
from waiting.publishing import publish_all


class SeatsLost(Exception):
    """A held booking doesn't have all its seats, so it must not be confirmed. This should never happen."""


def confirm(booking: Booking) -> list[Ticket]:
    """
    Confirm a held ``booking``, which the caller has locked, and return its new tickets.

    Each seat gets a ticket with its QR code; if drawing fails, the ticket keeps the error and a job draws it
    later. The job that emails the tickets is enqueued in the same transaction. Raise ``SeatsLost`` if the
    booking doesn't have all its seats.
    """
    seats = _lock_seats(booking)
    codes = [_code(booking, seat) for seat in seats]
    booking.status = BookingStatus.CONFIRMED
    booking.confirmed_at = timezone.now()
    booking.ticket_reference = booking.ticket_reference or new_spoken_reference()
    booking.browser = booking.network = ""  # They were for the limits on what is unpaid.
    tickets = [
        draw(Ticket(booking=booking, seat=seat, code=code)) for seat, code in zip(seats, codes, strict=True)
    ]
    update(booking, ("status", "confirmed_at", "ticket_reference", "browser", "network"))
    insert(*tickets)
    if booking.email:  # At the counter, nobody has to give one.
        enqueue_mail(booking)
    for ticket in tickets:
        if not ticket.is_drawn:
            enqueue_redraw(ticket)
    booking.publish()
    publish_all([booking.event.topic, booking.event.door_topic])
    return tickets


def _code(booking: Booking, seat: Seat) -> str:
    """
    Return the code of a ticket of a booking that is about to be confirmed.

    The first time it follows from the booking's reference and the seat. So if the booking is lost with the
    database, and made again from what Stripe knows, the tickets that its customer has are valid again. Those
    of another time can't have the codes of void ones.
    """
    is_first = booking.confirmed_at is None
    return derived_reference("ticket", booking.reference, seat.label) if is_first else new_reference()


def enqueue_mail(booking: Booking) -> None:
    """Enqueue the job that emails the tickets. Jobs for one booking run one at a time."""
    job = app.configure_task("bookings.tasks.mail_tickets", lock=f"mail:{booking.pk}")
    job.defer(booking_id=booking.pk)


def resend_mail(booking: Booking) -> None:
    """Enqueue another email with the tickets of a confirmed booking."""
    Booking.objects.filter(pk=booking.pk).update(
        mailed_at=None, mail_refused_at=None, mail_refusal="", mailings=F("mailings") + 1
    )
    enqueue_mail(booking)


def _with_number_booked() -> QuerySet[Seat]:
    """Return the locked seats of a booking, with the number of seats that it should have as ``booked``."""
    booked = BookedSeat.objects.current().filter(booking=OuterRef("booking")).values("booking")
    number = Subquery(booked.annotate(number=Count("*")).values("number"))
    return Seat.objects.filter(booking=0).annotate(booked=number).locking()


SEATS = CompiledQuery(_with_number_booked)


def _lock_seats(booking: Booking) -> list[Seat]:
    seats = SEATS.fetch(booking.pk)
    if not seats or len(seats) != seats[0].booked:  # type: ignore[attr-defined]
        raise SeatsLost(f"Booking {booking} has {len(seats)} of its seats.")
    return seats
