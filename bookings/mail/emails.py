"""Compose and send emails to customers, including the one with their tickets."""

import logging
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from prometheus_client import Counter

from bookings.mail.attachments import EmailWithInlineImages, attach_tickets, content_id, has_qr_code
from bookings.messages import explain_moved_seats, explain_replaced_seats
from bookings.models import Booking, BookingStatus, Ticket, TicketStatus
from config.i18n.languages import override_language

logger = logging.getLogger(__name__)

MAILS = Counter("admit_mails", "Mails to customers, handed to the mail server or refused by it.", ["outcome"])
for _outcome in ("sent", "failed"):
    MAILS.labels(_outcome)


def send_tickets(booking_id: int) -> None:
    """
    Email the tickets of a confirmed booking to its customer, unless that was already done.

    Jobs for one booking run one at a time, so a second job sees ``mailed_at`` and stops. A worker killed
    after sending but before setting ``mailed_at`` sends the email again with the same Message-ID.
    """
    booking = Booking.objects.select_related("event").get(pk=booking_id)
    if booking.status == BookingStatus.CONFIRMED and booking.mailed_at is None:
        with override_language(booking.language):
            mail = _tickets_mail(booking)
        mail.send()
        # If another email was requested while this one was sent, the tickets may have changed meanwhile:
        # ``mailings`` is higher then, ``mailed_at`` stays empty, and the next job sends the new tickets.
        sent = Booking.objects.filter(pk=booking_id, mailed_at=None, mailings=booking.mailings)
        if sent.update(mailed_at=timezone.now()):
            booking.publish()


class CountedEmail(EmailWithInlineImages):
    """An email that is counted in the metric ``admit_mails`` when it is sent."""

    def send(self, *args: Any, **options: Any) -> int:
        try:
            sent = super().send(*args, **options)
        except Exception as error:
            MAILS.labels("failed").inc()
            # By its Message-ID, because the log names nobody: it is tried again, or its customer is told.
            logger.warning("mail %s isn't sent: %r", self.extra_headers.get("Message-ID", ""), error)
            raise
        MAILS.labels("sent").inc()
        return sent


def compose(booking: Booking, template: str, context: dict[str, Any], *, name: str) -> CountedEmail:
    """
    Return an email to the customer of ``booking``, rendered from ``mail/<template>.txt`` and ``.html``.

    The first line of the text template is the subject. ``name`` becomes the Message-ID, so that mail programs
    recognise a repeat of the same email.
    """
    context = {
        **context,
        "booking": booking,
        "event": booking.event,
        "booking_url": settings.SITE_URL + booking.get_absolute_url(),
    }
    subject, _newline, text = render_to_string(f"mail/{template}.txt", context).partition("\n")
    mail = CountedEmail(
        subject=subject,
        body=text,
        to=[booking.email],
        reply_to=[booking.event.organiser_email],
        headers={"Message-ID": f"<{name}@{sender_host()}>"},
    )
    mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return mail


def sender_host() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def _tickets_mail(booking: Booking) -> CountedEmail:
    living = booking.tickets.exclude(status=TicketStatus.VOID)
    tickets = list(living.select_related("seat__event", "booking").order_by("seat_id"))
    mail = compose(
        booking,
        "tickets",
        _context(booking, tickets),
        name=f"tickets.{booking.ticket_reference}.{booking.mailings}",
    )
    attach_tickets(mail, booking, tickets)
    return mail


def _context(booking: Booking, tickets: list[Ticket]) -> dict[str, Any]:
    seats = [ticket.seat for ticket in tickets]
    labels = [seat.label for seat in seats]
    return {
        "tickets": [
            {
                "seat": ticket.seat,
                "name": ticket.name,
                "url": settings.SITE_URL + ticket.get_absolute_url(),
                "qr_cid": content_id(ticket) if has_qr_code(ticket) else "",
            }
            for ticket in tickets
        ],
        "reseated": explain_replaced_seats(booking.lost_seat_labels, booking.seat_labels),
        "moved": explain_moved_seats(labels) if booking.booked_seats.moved_to(seats).exists() else "",
        "saving": booking.saving,
        "amount": booking.booked_seats.current().worth(),
    }
