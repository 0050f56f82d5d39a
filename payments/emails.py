"""Mails that tell a customer what became of their payment."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from bookings.mail.emails import compose
from bookings.messages import spell
from bookings.models import StopReason, TicketStatus
from config.i18n.languages import speaking
from payments.models import News, Notice, PaymentStatus
from payments.status.messages import explain_problem
from payments.status.payment import describe

logger = logging.getLogger(__name__)


def send_notice(notice_id: int) -> None:
    """
    Send a notice to its customer, once.

    Jobs for one notice run one at a time, so whoever comes second finds ``sent_at``. A worker killed between
    the mail server's yes and that mark sends again, under the same Message-ID.
    """
    notice = Notice.objects.select_related("payment__booking__event", "refund").get(pk=notice_id)
    if notice.sent_at is None:
        is_news = _is_news(notice)
        if is_news:
            write_mail(notice).send()
        Notice.objects.filter(pk=notice_id, sent_at=None).update(sent_at=timezone.now())
        words = "mailed: %s" if is_news else "overtaken, not mailed: %s"
        logger.info(words, notice.news, extra={"payment": notice.payment.reference})


def _is_news(notice: Notice) -> bool:
    """Whether the news is none that has been overtaken while its mail was waiting."""
    payment = notice.payment
    match notice.news:
        case News.PROCESSING:
            return payment.status == PaymentStatus.PROCESSING
        case News.MONEY_BACK:
            return bool(payment.problem)
        case News.SUSPENDED:
            return payment.booking.tickets.filter(stopped_for=StopReason.DISPUTED).exists()
        case News.NOT_CANCELLED:
            return notice.refund in payment.refunds.broken()
    return True


def write_mail(notice: Notice) -> EmailMultiAlternatives:
    """Write the mail in the customer's language."""
    with speaking(notice.payment.booking.language):
        return _write_mail(notice)


def _write_mail(notice: Notice) -> EmailMultiAlternatives:
    """Write the mail: ``mail/news`` has a subject and paragraphs for each kind, blank lines between them."""
    event = notice.payment.booking.event
    words = render_to_string(f"mail/news/{notice.news}.txt", {**_facts(notice), "event": event})
    subject, *paragraphs = [part for part in words.strip().split("\n\n") if part]
    wants_to_choose = notice.news in (News.FAILED, News.VOIDED)
    context = {
        "subject": subject,
        "paragraphs": paragraphs,
        "event_url": settings.SITE_URL + event.get_absolute_url() if wants_to_choose else "",
    }
    return compose(notice.payment.booking, "notice", context, name=f"notice.{notice.pk}")


def _facts(notice: Notice) -> dict[str, Any]:
    """Return what the words are about, as it is now."""
    payment, booking = notice.payment, notice.payment.booking
    given_up = list(notice.refund.tickets.select_related("seat")) if notice.refund else []
    labels = [ticket.seat.label for ticket in given_up]
    state = describe(str(payment.session_id))
    return {
        "payment": payment,
        "refund": notice.refund,
        "problem": explain_problem(payment) if payment.problem else "",
        "seats": booking.seat_labels,
        "spelled": spell(booking.seat_labels),
        "given_up": labels,
        "spelled_given_up": spell(labels),
        "are_valid": all(ticket.is_valid for ticket in given_up),
        "message": state and state["message"],
        "is_void": not booking.tickets.exclude(status=TicketStatus.VOID).exists(),
    }
