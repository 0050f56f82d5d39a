"""Change the name on a ticket: a new ticket replaces the old one, whose code stops working."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.messages import WHY_STOPPED
from bookings.models import Booking, Entry, StopReason, Ticket, TicketStatus
from bookings.tickets.issuing import resend_mail
from bookings.tickets.qr_codes import draw, enqueue_redraw
from waiting.publishing import publish

# Per seat: each change sends an email.
MAX_RENAMES = 5


class NotRenamable(Exception):
    """The ticket can't be renamed; the message tells the customer why."""


@transaction.atomic
def rename(ticket: Ticket, name: str) -> Ticket:
    """
    Void ``ticket``, issue a new one in ``name`` for the same seat, and return it.

    The new code is only emailed to the booking's address, because the person with the old ticket may not be
    the one who gets the new one. Raise ``NotRenamable`` if the ticket can't be renamed; if two requests come
    at once, the second one finds the ticket replaced.
    """
    # Refunds and disputes void tickets under the same lock, so the ticket can't be voided twice.
    booking = Booking.objects.select_for_update(no_key=True).get(pk=ticket.booking_id)
    booking.seats.filter(pk=ticket.seat_id).lock()
    old = booking.tickets.select_related("seat__event", "booking").get(pk=ticket.pk)
    if why := why_not_renamable(old):
        raise NotRenamable(why)
    if name == old.holder:
        raise NotRenamable(_("The ticket already has this name."))
    old.status, old.stopped_for, old.stopped_at = TicketStatus.VOID, StopReason.RENAMED, timezone.now()
    old.save(update_fields=["status", "stopped_for", "stopped_at"])
    new = draw(Ticket(booking=booking, seat=old.seat, name=name))
    new.save()
    if not new.is_drawn:
        enqueue_redraw(new)
    resend_mail(booking)
    booking.publish()
    publish(booking.event.door_topic)
    return new


def why_not_renamable(ticket: Ticket) -> str:
    """Return why ``ticket`` can't be renamed now, as a message for the customer; empty if it can."""
    if ticket.stopped_for:
        return str(WHY_STOPPED[StopReason(ticket.stopped_for)])
    if timezone.now() >= ticket.event.starts_at:
        return _("The event has begun, so names can no longer be changed.")
    if Entry.objects.of_guest(ticket).exists():
        return _("Somebody was let in with this ticket, so its name can no longer be changed.")
    earlier = ticket.booking.tickets.filter(seat=ticket.seat_id, stopped_for=StopReason.RENAMED)
    if earlier.count() >= MAX_RENAMES:
        return _("The name on this ticket was changed too often. Please ask the box office.")
    return ""
