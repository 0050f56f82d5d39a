"""Suspend, void and revalidate the tickets of a booking."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils import timezone

from bookings.models import Booking, BookingStatus, StopReason, Ticket, TicketStatus
from bookings.models.ticket import SUSPENDING_REASONS
from bookings.seats.kept import wake
from waiting.publishing import publish


class Change(NamedTuple):
    """A ticket whose status has changed, and its status ``before``."""

    ticket: Ticket
    before: TicketStatus


def stop_tickets(booking: Booking, reasons: Mapping[int, StopReason]) -> list[Change]:
    """
    Suspend or void the tickets whose ids have a reason, make the others valid again, and return the changes.

    Void tickets stay void. The seats of newly void tickets become free, and if no ticket is left, the booking
    becomes cancelled. The caller has locked the booking.
    """
    booking.seats.lock()
    tickets = list(booking.tickets.exclude(status=TicketStatus.VOID).order_by("pk"))
    changes = [_stop(ticket, reasons.get(ticket.pk)) for ticket in tickets]
    voided = [ticket.seat_id for ticket in tickets if ticket.status == TicketStatus.VOID]
    if voided:
        booking.seats.filter(pk__in=voided).update(booking=None)
        wake(booking.event)
        publish(booking.event.topic)
    if tickets and len(voided) == len(tickets):
        booking.status = BookingStatus.CANCELLED
        booking.released_at = timezone.now()
        booking.save(update_fields=["status", "released_at"])
    changed = [change for change in changes if change.before != change.ticket.status]
    if changed:
        booking.publish()
        publish(booking.event.door_topic)
    return changed


def _stop(ticket: Ticket, reason: StopReason | None) -> Change:
    """
    Give ``ticket`` the status that follows from ``reason``; None makes it valid.

    ``stopped_at`` stays when it first stopped, whatever becomes of it then: whoever was scanned between a
    refund's request and Stripe's answer came with a ticket that had stopped.
    """
    change = Change(ticket, TicketStatus(ticket.status))
    if ticket.stopped_for != (reason or ""):
        ticket.status = _status(reason)
        ticket.stopped_for = reason or ""
        ticket.stopped_at = (ticket.stopped_at or timezone.now()) if reason else None
        ticket.save(update_fields=["status", "stopped_for", "stopped_at"])
    return change


def _status(reason: StopReason | None) -> TicketStatus:
    if reason is None:
        return TicketStatus.VALID
    return TicketStatus.SUSPENDED if reason in SUSPENDING_REASONS else TicketStatus.VOID
