"""Emails about a payment, its refunds and its disputes."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from bookings.mail.attachments import attach_calendar
from bookings.mail.emails import compose
from bookings.messages import join_labels
from bookings.models import TicketStatus
from config.i18n.languages import override_language
from payments.models import Notification, NotificationKind
from payments.notifications import message_name, render_words, send
from payments.status.messages import explain_problem
from payments.status.payment import describe

# Each of these leaves fewer tickets, or none: the customer's calendar gets the entry as it is now.
CHANGES_TICKETS = (NotificationKind.REFUNDED, NotificationKind.GIVEN_UP, NotificationKind.VOIDED)


def send_notification(notification_id: int) -> None:
    """Send the email of a ``Notification``, once, and only if it is still true."""
    rows = Notification.objects.select_related("payment__booking__event", "refund", "dispute__payment")
    send(rows.get(pk=notification_id), write_mail)


def write_mail(notification: Notification) -> EmailMultiAlternatives:
    """Return the email in the customer's language, in the words of ``mail/payment``."""
    booking = notification.payment.booking
    with override_language(booking.language):
        facts = {**_facts(notification), "event": booking.event}
        subject, paragraphs = render_words(f"mail/payment/{notification.kind}.txt", facts)
        wants_to_choose = notification.kind in (NotificationKind.FAILED, NotificationKind.VOIDED)
        context = {
            "subject": subject,
            "paragraphs": paragraphs,
            "instructions_url": facts["instructions_url"],
            "event_url": settings.SITE_URL + booking.event.get_absolute_url() if wants_to_choose else "",
        }
        mail = compose(booking, "notice", context, name=_name(notification))
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
    state = describe(str(payment.session_id))
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
        "instructions_url": state and state["instructions_url"],
        "is_void": not booking.tickets.exclude(status=TicketStatus.VOID).exists(),
    }
