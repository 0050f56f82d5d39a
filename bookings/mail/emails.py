"""Compose and send emails to customers, including the one with their tickets."""

import logging
from copy import copy
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone
from prometheus_client import Counter

from bookings.mail.attachments import EmailWithInlineImages, attach_tickets, content_id, has_qr_code
from bookings.messages import explain_moved_seats, explain_replaced_seats
from bookings.models import Booking, BookingStatus, Event, Ticket, TicketStatus
from bookings.validators import clean_name
from config.i18n.languages import override_language

logger = logging.getLogger(__name__)

LONGEST_GREETING = 80  # characters

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
    """
    An email that is counted in the metric ``admit_mails`` when it is sent.

    Its subject is one line, whatever is in a title: with two, it couldn't be sent at all.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.subject = one_line(str(self.subject))
        self.reply_to = [address for address in self.reply_to if one_line(address) == address]

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


def one_line(text: str) -> str:
    return " ".join(text.split())


def mailed_event(event: Event) -> Event:
    """Return a copy of ``event`` for mails, with its names on one line: the first line is the subject."""
    shown = copy(event)
    shown.title, shown.venue = one_line(event.title), one_line(event.venue)
    shown.organiser_name = one_line(event.organiser_name)
    return shown


def greeting_name(booking: Booking) -> str:
    """Return the name to greet the customer of ``booking`` with; empty if it could be a message itself."""
    try:
        name = clean_name(booking.name)
    except ValidationError:  # It was typed before there was this rule.
        return ""
    return name if len(name) <= LONGEST_GREETING else ""


def compose(
    booking: Booking, template: str, context: dict[str, Any], *, name: str, greets: bool = True
) -> CountedEmail:
    """
    Return an email to the customer of ``booking``, rendered from ``mail/<template>.txt`` and ``.html``.

    The first line of the text template is the subject. ``name`` becomes the Message-ID, so that mail programs
    recognise a repeat of the same email. It ``greets`` by name only who has paid: a stranger could have typed
    anything, beside anybody's address.
    """
    context = {
        **context,
        "booking": booking,
        "greeting": greeting_name(booking) if greets else "",
        "event": mailed_event(booking.event),
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
