"""Draw the QR codes of tickets, and redraw those that failed."""

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from bookings.models import Ticket
from bookings.tickets import qr, tokens

logger = logging.getLogger(__name__)


class NotDrawn(Exception):
    """The ticket could not be drawn; its ``drawing_error`` says why."""


def draw(ticket: Ticket) -> Ticket:
    """Set the QR code of ``ticket``, or ``drawing_error`` if drawing fails, without saving."""
    try:
        ticket.qr_png, ticket.drawing_error = qr.draw_png(tokens.sign(ticket)), ""
    except Exception as error:  # No drawing error may keep a paid booking from being confirmed.
        logger.exception("ticket %s could not be drawn", ticket.pk)
        ticket.qr_png, ticket.drawing_error = None, f"{type(error).__name__}: {error}"
    return ticket


def enqueue_redraw(ticket: Ticket) -> None:
    """Enqueue the job that draws a ticket's QR code, because drawing it failed."""
    app.configure_task("bookings.tasks.redraw_ticket").defer(ticket_id=ticket.pk)


def redraw(ticket_id: int) -> None:
    """Draw and save the QR code of a ticket that has none; raise ``NotDrawn`` if it fails again."""
    with transaction.atomic():
        ticket = (
            Ticket.objects.select_related("seat", "booking").select_for_update(of=["self"]).get(pk=ticket_id)
        )
        if not ticket.is_drawn:
            draw(ticket).save(update_fields=["qr_png", "drawing_error"])
            ticket.booking.publish()
    if not ticket.is_drawn:
        raise NotDrawn(ticket.drawing_error)
