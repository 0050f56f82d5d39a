"""Emails about a payment, its refunds and its disputes."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models.functions import Lower
from django.utils import timezone

from bookings.addresses.normal_form import comparable
from bookings.mail.attachments import attach_calendar
from bookings.mail.emails import compose, mailed_event
from bookings.messages import join_labels
from bookings.models import BookedSeat, Booking, TicketStatus
from config.i18n.languages import override_language
from payments.models import Notification, NotificationKind, Payment, PaymentStatus
from payments.notifications import message_name, render_words, send
from payments.status.messages import explain_problem, explain_refunds
from payments.status.payment import describe_row
from payments.status.queries import find_session

# Each of these leaves fewer tickets, or none: the customer's calendar gets the entry as it is now.
CHANGES_TICKETS = (NotificationKind.REFUNDED, NotificationKind.GIVEN_UP, NotificationKind.VOIDED)
UNPAID_A_DAY = 4  # purchases


def send_notification(notification_id: int) -> None:
    """
    Send the email of a ``Notification``, once, and only if it is still true.

    Anybody can type somebody else's address and pay nothing, so such purchases send few mails there.
    """
    rows = Notification.objects.select_related("payment__booking__event", "refund", "dispute__payment")
    notification = rows.get(pk=notification_id)
    send(notification, write_mail, is_held_back=not has_paid(notification) and _had_enough(notification))


def has_paid(notification: Notification) -> bool:
    return notification.payment.amount_received is not None


def _had_enough(notification: Notification) -> bool:
    """
    Whether ``UNPAID_A_DAY`` other purchases have written to the customer's address today.

    One that has begun to tell its customer something goes on. Jobs that run at once may exceed it by a few.
    """
    payment, day = notification.payment, timezone.now() - timedelta(days=1)
    bookings = Booking.objects.alias(address=Lower("email")).filter(address=comparable(payment.booking.email))
    told = Notification.objects.filter(
        payment__booking__in=bookings, payment__amount_received=None, sent_at__gt=day
    )
    return told.exclude(payment=payment).values("payment").distinct().count() >= UNPAID_A_DAY


def write_mail(notification: Notification) -> EmailMultiAlternatives:
    """Return the email in the customer's language, in the words of ``mail/payment``."""
    booking = notification.payment.booking
    with override_language(booking.language):
        facts = {**_facts(notification), "event": mailed_event(booking.event)}
        subject, paragraphs = render_words(f"mail/payment/{notification.kind}.txt", facts)
        wants_to_choose = notification.kind in (NotificationKind.FAILED, NotificationKind.VOIDED)
        context = {
            "subject": subject,
            "paragraphs": paragraphs,
            "instructions_url": facts["instructions_url"],
            "event_url": settings.SITE_URL + booking.event.get_absolute_url() if wants_to_choose else "",
        }
        name, greets = _name(notification), has_paid(notification)
        mail = compose(booking, "notice", context, name=name, greets=greets)
        if booking.confirmed_at and notification.kind in CHANGES_TICKETS:
            attach_calendar(mail, booking)
        return mail


def _name(notification: Notification) -> str:
    refund, dispute = notification.refund, notification.dispute
    about = (refund.refund_id or refund.reference) if refund else dispute.dispute_id if dispute else ""
    return message_name(notification.payment.reference, notification.kind, about)


def _facts(notification: Notification) -> dict[str, Any]:
    """Return what the templates of ``mail/payment`` may use: the state of the payment now."""
    payment, booking = notification.payment, notification.payment.booking
    about = notification.refund or notification.dispute
    given_up = list(about.tickets.select_related("seat")) if about else []
    labels = [ticket.seat.label for ticket in given_up]
    row = find_session(str(payment.session_id))
    state = describe_row(row) if row else None
    return {
        "payment": payment,
        "refund": notification.refund,
        "disputed": notification.dispute.part if notification.dispute else 0,
        "problem": explain_problem(payment) if payment.problem else "",
        "seats": booking.seat_labels,
        "spelled": join_labels(booking.seat_labels),
        "given_up": labels,
        "spelled_given_up": join_labels(labels),
        "has_others": booking.tickets.exclude(status=TicketStatus.VOID)
        .exclude(pk__in=[it.pk for it in given_up])
        .exists(),
        "are_valid": all(ticket.is_valid for ticket in given_up),
        "message": state and state["message"],
        "refunds": row and explain_refunds(row),
        "is_disputed": payment.status == PaymentStatus.DISPUTED,
        "instructions_url": state and state["instructions_url"],
        "is_void": not booking.tickets.exclude(status=TicketStatus.VOID).exists(),
        **_exchanged(payment),
    }


def _exchanged(payment: Payment) -> dict[str, Any]:
    """Return what a payment for dearer seats replaces, and what goes back for it."""
    seats = [ticket.seat for ticket in payment.exchanged_tickets.select_related("seat").order_by("seat_id")]
    booked = BookedSeat.objects.current().filter(seat__in=seats, booking__payments=payment.exchange_of_id)
    return {
        "spelled_exchanged": join_labels([seat.label for seat in seats]),
        "exchanged": seats,
        "goes_back": booked.worth(),
    }
