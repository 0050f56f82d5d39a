"""Giving a ticket to somebody else: a new ticket takes the place of the old one, whose code is void."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.messages import WHY_STOPPED
from bookings.models import Booking, StopReason, Ticket, TicketStatus
from bookings.tickets.issuing import resend_mail
from bookings.tickets.qr_codes import draw, enqueue_redraw

# How often the ticket of one seat can change hands; each time is a mail.
MAX_RENAMES = 5


class NotRenamable(Exception):
    """The ticket keeps its name; the message says why, for whoever wanted to change it."""


@transaction.atomic
def rename(ticket: Ticket, name: str) -> Ticket:
    """
    Issue a ticket for the same seat to ``name``, void ``ticket``, and return the new one.

    Its code goes to the booking's address by mail, and nowhere else: whoever had the old one may not be who
    is to have the new one. Raise ``NotRenamable``; of two at once, the second finds the ticket replaced.
    """
    # Whoever stops tickets locks their booking too, after its payment.
    booking = Booking.objects.select_for_update(no_key=True).get(pk=ticket.booking_id)
    booking.seats.filter(pk=ticket.seat_id).lock()
    old = booking.tickets.select_related("seat__event", "booking").get(pk=ticket.pk)
    if why := why_not_renamable(old):
        raise NotRenamable(why)
    if name == old.holder:
        raise NotRenamable(_("The ticket is in this name already."))
    old.status, old.stopped_for, old.stopped_at = TicketStatus.VOID, StopReason.RENAMED, timezone.now()
    old.save(update_fields=["status", "stopped_for", "stopped_at"])
    new = draw(Ticket(booking=booking, seat=old.seat, name=name))
    new.save()
    if not new.is_drawn:
        enqueue_redraw(new)
    resend_mail(booking)
    booking.publish()
    return new


def why_not_renamable(ticket: Ticket) -> str:
    """Return why ``ticket`` can't get another name now; empty if it can."""
    if ticket.stopped_for:
        return str(WHY_STOPPED[StopReason(ticket.stopped_for)])
    if timezone.now() >= ticket.event.starts_at:
        return _("The event has begun, so its tickets keep their names.")
    earlier = ticket.booking.tickets.filter(seat=ticket.seat_id, stopped_for=StopReason.RENAMED)
    if earlier.count() >= MAX_RENAMES:
        return _("This ticket has changed its name too often. Please ask the box office.")
    return ""
