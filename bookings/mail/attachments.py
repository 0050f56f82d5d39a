"""Attach QR codes, the PDF and the calendar entry to the email with the tickets."""

import logging
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any

from django.core.mail import EmailMultiAlternatives

from bookings.documents import ticket_pages
from bookings.models import Booking, Ticket

logger = logging.getLogger(__name__)


class EmailWithInlineImages(EmailMultiAlternatives):
    """An email whose HTML shows ``inline_images``, which mail programs don't list as attachments."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.inline_images: list[MIMEImage] = []

    def message(self, **options: Any) -> Any:
        """
        Return the MIME message.

        Text and inline images share a ``multipart/related`` part, so that the HTML can refer to the images by
        their Content-ID. The attached files follow it.
        """
        mail = super().message(**options)
        if self.inline_images:
            parts: Any = mail.get_payload()
            parts[0] = _relate(parts[0], self.inline_images)
        return mail


def _relate(words: Message, pictures: list[MIMEImage]) -> MIMEMultipart:
    return MIMEMultipart("related", _subparts=[words, *pictures], type=words.get_content_type())


def attach_tickets(mail: EmailWithInlineImages, booking: Booking, tickets: list[Ticket]) -> None:
    """
    Add the QR codes of ``tickets``, the PDF and the calendar entry to ``mail``.

    If the PDF can't be drawn, the email goes out without it and the error is logged.
    """
    # Only where it is needed: see ``bookings.web.ticket_pages``.
    from bookings.documents import ical, pdf

    mail.attach(ical.file_name(booking), ical.write_calendar(booking), ical.content_type(booking))
    mail.inline_images = [_picture(ticket) for ticket in tickets if has_qr_code(ticket)]
    try:
        mail.attach(
            ticket_pages.file_name(booking),
            pdf.draw_pages(ticket_pages.write_pages(tickets)),
            "application/pdf",
        )
    except Exception:  # No drawing error may keep the customer from getting the tickets.
        logger.exception("the tickets of booking %s could not be drawn as a PDF", booking.pk)


def attach_calendar(mail: EmailWithInlineImages, booking: Booking) -> None:
    """Add the calendar entry as it is now: it replaces the one that the customer has, or takes it back."""
    from bookings.documents import ical  # Only where it is needed: see ``bookings.web.ticket_pages``.

    mail.attach(ical.file_name(booking), ical.write_calendar(booking), ical.content_type(booking))


def has_qr_code(ticket: Ticket) -> bool:
    return ticket.is_valid and ticket.qr_png is not None


def content_id(ticket: Ticket) -> str:
    """Return the Content-ID by which the HTML refers to the QR code of ``ticket``."""
    return f"ticket-{ticket.pk}@admit"


def _picture(ticket: Ticket) -> MIMEImage:
    part = MIMEImage(bytes(ticket.qr_png or b""), "png")
    part.add_header("Content-ID", f"<{content_id(ticket)}>")
    part.add_header("Content-Disposition", "inline", filename=f"{ticket.seat.label}.png")
    return part
