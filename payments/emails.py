"""Mails that tell a customer what became of their payment."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from bookings.mail.emails import compose
from bookings.messages import join_labels
from bookings.models import StopReason, TicketStatus
from config.i18n.languages import override_language
from payments.models import News, Notification, PaymentStatus
from payments.status.messages import explain_problem
from payments.status.payment import describe

logger = logging.getLogger(__name__)


def send_notification(notification_id: int) -> None:
    """
    Send a notification to its customer, once.

    Jobs for one notification run one at a time, so the second finds ``sent_at`` set. A worker that is killed
    after the mail server has accepted the mail sends it again, under the same Message-ID.
    """
    notification = Notification.objects.select_related("payment__booking__event", "refund").get(
        pk=notification_id
    )
    if notification.sent_at is None:
        is_news = _is_news(notification)
        if is_news:
            write_mail(notification).send()
        Notification.objects.filter(pk=notification_id, sent_at=None).update(sent_at=timezone.now())
        words = "mailed: %s" if is_news else "overtaken, not mailed: %s"
        logger.info(words, notification.news, extra={"payment": notification.payment.reference})


def _is_news(notification: Notification) -> bool:
    """Whether the news is none that has been overtaken while its mail was waiting."""
    payment = notification.payment
    match notification.news:
        case News.PROCESSING:
            return payment.status == PaymentStatus.PROCESSING
        case News.MONEY_BACK:
            return bool(payment.problem)
        case News.SUSPENDED:
            return payment.booking.tickets.filter(stopped_for=StopReason.DISPUTED).exists()
        case News.NOT_CANCELLED:
            return notification.refund in payment.refunds.broken()
    return True


def write_mail(notification: Notification) -> EmailMultiAlternatives:
    """Write the mail in the customer's language."""
    with override_language(notification.payment.booking.language):
        return _write_mail(notification)


def _write_mail(notification: Notification) -> EmailMultiAlternatives:
    """Write the mail: ``mail/news`` has a subject and paragraphs for each kind, blank lines between them."""
    event = notification.payment.booking.event
    words = render_to_string(f"mail/news/{notification.news}.txt", {**_facts(notification), "event": event})
    subject, *paragraphs = [part for part in words.strip().split("\n\n") if part]
    wants_to_choose = notification.news in (News.FAILED, News.VOIDED)
    context = {
        "subject": subject,
        "paragraphs": paragraphs,
        "event_url": settings.SITE_URL + event.get_absolute_url() if wants_to_choose else "",
    }
    return compose(notification.payment.booking, "notice", context, name=f"notification.{notification.pk}")


def _facts(notification: Notification) -> dict[str, Any]:
    """Return what the words are about, as it is now."""
    payment, booking = notification.payment, notification.payment.booking
    given_up = list(notification.refund.tickets.select_related("seat")) if notification.refund else []
    labels = [ticket.seat.label for ticket in given_up]
    state = describe(str(payment.session_id))
    return {
        "payment": payment,
        "refund": notification.refund,
        "problem": explain_problem(payment) if payment.problem else "",
        "seats": booking.seat_labels,
        "spelled": join_labels(booking.seat_labels),
        "given_up": labels,
        "spelled_given_up": join_labels(labels),
        "are_valid": all(ticket.is_valid for ticket in given_up),
        "message": state and state["message"],
        "is_void": not booking.tickets.exclude(status=TicketStatus.VOID).exists(),
    }
