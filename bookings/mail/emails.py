"""Compose and send emails to customers, including the one with their tickets."""

from copy import copy
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from bookings.mail.attachments import attach_tickets, content_id, has_qr_code
from bookings.mail.outgoing import CountedEmail, Refused, one_line
from bookings.messages import explain_moved_seats, explain_replaced_seats
from bookings.models import BookedSeat, Booking, Event, StopReason, Ticket, TicketStatus
from bookings.money import format_price
from bookings.orders.places import spell_kind
from bookings.questions.asking import asking
from bookings.validators import clean_name
from config.i18n.languages import override_language

LONGEST_GREETING = 80  # characters


def send_tickets(booking_id: int) -> None:
    """
    Email the tickets of a confirmed booking to its customer, unless that was already done.

    Jobs for one booking run one at a time, so a second job sees ``mailed_at`` and stops. A worker killed
    after sending but before setting ``mailed_at`` sends the email again with the same Message-ID. If the mail
    server refuses it for good, that is kept for staff, and it isn't tried again.
    """
    booking = Booking.objects.unmailed().select_related("event").filter(pk=booking_id).first()
    if booking is None:
        return
    with override_language(booking.language):
        mail = _tickets_mail(booking)
    try:
        mail.send()
        outcome: dict[str, Any] = {"mailed_at": timezone.now()}
    except Refused as refusal:
        outcome = {"mail_refused_at": timezone.now(), "mail_refusal": refusal.words}
    # If another email was requested while this one was sent, the tickets may have changed meanwhile:
    # ``mailings`` is higher then, ``mailed_at`` stays empty, and the next job sends the new tickets.
    if Booking.objects.unmailed().filter(pk=booking_id, mailings=booking.mailings).update(**outcome):
        booking.publish()


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
        "booking": booking,
        "greeting": greeting_name(booking) if greets else "",
        "event": mailed_event(booking.event),
        "booking_url": settings.SITE_URL + booking.get_absolute_url(),
        **context,
    }
    subject, _newline, text = render_to_string(f"mail/{template}.txt", context).partition("\n")
    mail = CountedEmail(
        subject=subject,
        body=text,
        to=booking.email,
        sender=booking.event.organiser_name,
        reply_to=[booking.event.organiser_email],
        name=name,
    )
    mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return mail


def _tickets_mail(booking: Booking) -> CountedEmail:
    living = booking.tickets.exclude(status=TicketStatus.VOID)
    living = living.with_kinds().select_related("seat__event", "seat__area", "booking")
    tickets = list(living.order_by("seat_id"))
    mail = compose(
        booking,
        "tickets",
        _context(booking, tickets),
        name=f"tickets.{booking.ticket_reference}.{booking.mailings}",
    )
    attach_tickets(mail, booking, tickets)
    return mail


def _questions_url(booking: Booking) -> str:
    """Return where the customer of ``booking`` answers what they are asked and haven't; empty if nothing."""
    if not asking(booking).is_unanswered:
        return ""
    return settings.SITE_URL + reverse("bookings:questions", args=[booking.reference])


def _context(booking: Booking, tickets: list[Ticket]) -> dict[str, Any]:
    seats = [ticket.seat for ticket in tickets]
    labels = [seat.label for seat in seats]
    prices = {one.seat_id: one for one in booking.booked_seats.current()}
    page = settings.SITE_URL + reverse("bookings:tickets", args=[booking.reference])
    return {
        "tickets_url": settings.SITE_URL + tickets[0].get_absolute_url() if len(tickets) == 1 else page,
        "renamed": _renamed(booking, tickets),
        "tickets": [
            {
                "seat": ticket.seat,
                "name": ticket.name,
                "is_standing": bool(ticket.seat.area and ticket.seat.area.is_standing),
                "kind": spell_kind(ticket),
                "price": _price_of(prices[ticket.seat_id], booking) if ticket.seat_id in prices else "",
                "url": settings.SITE_URL + ticket.get_absolute_url(),
                "qr_cid": content_id(ticket) if has_qr_code(ticket) else "",
            }
            for ticket in tickets
        ],
        "reseated": explain_replaced_seats(booking.lost_seat_labels, booking.seat_labels),
        "moved": explain_moved_seats(labels) if booking.booked_seats.moved_to(seats).exists() else "",
        "questions_url": _questions_url(booking),
        "saving": booking.saving,
        "discount": sum(one.discount for one in prices.values()),
        "amount": booking.booked_seats.current().worth(),
    }


def _renamed(booking: Booking, tickets: list[Ticket]) -> list[Ticket]:
    """Return those of ``tickets`` whose name was changed since the customer last asked for this email."""
    old = booking.tickets.filter(stopped_for=StopReason.RENAMED)
    if asked := booking.resends.aggregate(at=Max("asked_at"))["at"]:
        old = old.filter(stopped_at__gt=asked)
    seats = set(old.values_list("seat_id", flat=True))
    return [ticket for ticket in tickets if ticket.seat_id in seats and ticket.name]


def _price_of(booked: BookedSeat, booking: Booking) -> str:
    """Return what was paid for a place, if there was more to choose from than that."""
    is_plain = booked.type_id is None and not booked.discount
    return "" if is_plain else format_price(booked.worth, booking.event.currency)
