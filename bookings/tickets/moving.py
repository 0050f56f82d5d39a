"""Tickets for other seats: new ones replace the old ones, whose codes stop working."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from bookings.models import Answer, Booking, Entry, StopReason, Ticket, TicketStatus
from bookings.seats.moving import Move, move_seats
from bookings.tickets.issuing import resend_mail
from bookings.tickets.qr_codes import draw, enqueue_redraw
from waiting.publishing import publish


def move_tickets(booking: Booking, moves: Sequence[Move]) -> list[Ticket]:
    """
    Carry out ``moves``, mail the new tickets, and return them: each in the name that the old one had.

    Who was inside on an old seat leaves it to whoever has it next, and is let in anew with the new ticket.
    The caller has locked the booking, and all seats, old and new.
    """
    move_seats(booking, moves)
    old = booking.tickets.filter(pk__in=[move.ticket.pk for move in moves])
    for move in moves:
        Answer.objects.follow(booking, old=move.booked.seat, new=move.instead.seat)
    old.update(status=TicketStatus.VOID, stopped_for=StopReason.MOVED, stopped_at=timezone.now())
    Entry.objects.open().filter(ticket__in=old).update(
        undone_at=timezone.now(), undone_by="Staff", undone_why="Moved to another seat."
    )
    new = [_replace(booking, move) for move in moves]
    resend_mail(booking)
    booking.publish()
    publish(booking.event.door_topic)
    return new


def _replace(booking: Booking, move: Move) -> Ticket:
    old = move.ticket
    ticket = draw(Ticket(booking=booking, seat=move.instead.seat, name=old.name, moved_from=old))
    ticket.save()
    if not ticket.is_drawn:
        enqueue_redraw(ticket)
    return ticket


def newest_versions(tickets: Collection[Ticket]) -> list[Ticket]:
    """Return ``tickets`` of one booking as they are by now, renamed or moved meanwhile, each once."""
    if not tickets:
        return []
    booking_id = next(iter(tickets)).booking_id
    known = list(Ticket.objects.filter(booking=booking_id).defer("qr_png").order_by("pk"))
    now = {ticket.pk: ticket for ticket in known}
    for ticket in reversed(known):  # What replaced it came later, and is followed to its end already.
        successor = _successor(ticket, known)
        now[ticket.pk] = now[successor.pk] if successor else ticket
    return list({now[ticket.pk].pk: now[ticket.pk] for ticket in tickets}.values())


def _successor(ticket: Ticket, known: Sequence[Ticket]) -> Ticket | None:
    """Return the ticket that replaced ``ticket``, of the same booking's."""
    later = [other for other in known if other.pk > ticket.pk]
    if ticket.stopped_for == StopReason.MOVED:
        return next((other for other in later if other.moved_from_id == ticket.pk), None)
    if ticket.stopped_for == StopReason.RENAMED:
        return next((other for other in later if other.seat_id == ticket.seat_id), None)
    return None
