"""Drawing a ticket's QR code, and again when that failed."""

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from bookings.models import Ticket
from bookings.tickets import qr, tokens

logger = logging.getLogger(__name__)


class NotDrawn(Exception):
    """The ticket could not be drawn; its ``drawing_error`` says why."""


def draw(ticket: Ticket) -> Ticket:
    """Draw the QR code of ``ticket`` into it, or note why that failed; nothing is saved."""
    try:
        ticket.qr_png, ticket.drawing_error = qr.draw_png(tokens.sign(ticket)), ""
    except (
        Exception
    ) as error:  # A drawing, whatever is wrong with it, must not cost the customer the booking.
        logger.exception("ticket %s could not be drawn", ticket.pk)
        ticket.qr_png, ticket.drawing_error = None, f"{type(error).__name__}: {error}"
    return ticket


def enqueue_redraw(ticket: Ticket) -> None:
    """Have the worker draw a ticket that could not be drawn when it was issued."""
    app.configure_task("bookings.tasks.redraw_ticket").defer(ticket_id=ticket.pk)


def redraw(ticket_id: int) -> None:
    """Draw a ticket that has no drawing yet; raise ``NotDrawn`` if that fails again."""
    with transaction.atomic():
        ticket = (
            Ticket.objects.select_related("seat", "booking").select_for_update(of=["self"]).get(pk=ticket_id)
        )
        if not ticket.is_drawn:
            draw(ticket).save(update_fields=["qr_png", "drawing_error"])
            ticket.booking.publish()
    if not ticket.is_drawn:
        raise NotDrawn(ticket.drawing_error)
