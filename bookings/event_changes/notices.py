"""Tell the customer of a booking that its event was moved or called off, once, with the calendar entry."""

import logging
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.mail.attachments import attach_calendar
from bookings.mail.emails import compose, mailed_event
from bookings.mail.outgoing import CountedEmail, Refused
from bookings.models import (
    Booking,
    BookingStatus,
    EventChange,
    EventNotice,
    NoticeOutcome,
    StopReason,
    TicketStatus,
)
from bookings.references import derived_reference
from bookings.when.words import spell, spell_span
from config.i18n.languages import override_language

logger = logging.getLogger(__name__)


@transaction.atomic
def note(
    change: EventChange,
    booking: Booking,
    *,
    amount: int | None = None,
    words: str = "",
    has_failed: bool = False,
) -> None:
    """
    Save what was done for ``booking`` because of ``change``; unless that failed, its customer is mailed.

    Call it in the transaction of what was done. ``amount`` goes back, in the minor unit of the event's
    currency. What had failed before may be done now; what was done stays so, and nobody is mailed twice. An
    ``amount`` may follow later, when a bank has decided.
    """
    outcome = NoticeOutcome.FAILED if has_failed else NoticeOutcome.DONE
    notice = EventNotice.objects.filter(change=change, booking=booking).first()
    if notice is None:
        notice = EventNotice(change=change, booking=booking)
    elif notice.outcome != NoticeOutcome.FAILED:
        if amount is not None and notice.amount is None:
            notice.amount, notice.words = amount, words
            notice.save(update_fields=["amount", "words"])
        return
    notice.outcome, notice.amount, notice.words = outcome, amount, words
    notice.save()
    if not has_failed:
        enqueue(notice)


def enqueue(notice: EventNotice) -> None:
    """Have the worker send the mail; jobs for one notice run one at a time."""
    job = app.configure_task("bookings.tasks.mail_event_notice", lock=f"event_notice:{notice.pk}")
    job.defer(notice_id=notice.pk)


def send(notice_id: int) -> None:
    """
    Mail the notice with this id, unless that was done, or another change has overtaken it.

    A worker that is killed after the mail server has taken it sends it again, under the same Message-ID.
    """
    owed = EventNotice.objects.unmailed().select_related("change__event", "booking__event")
    notice = owed.filter(pk=notice_id).first()
    if notice is None:
        return
    done: dict[str, Any] = {"mailed_at": timezone.now()}
    words = "overtaken, not mailed: %s"
    if notice.change == EventChange.objects.newest_of(notice.booking.event):
        words = "mailed: %s"
        try:
            write(notice).send()
        except Refused as refusal:
            done = {"outcome": NoticeOutcome.REFUSED, "words": refusal.words}
            words = "refused by the mail server: %s"
    EventNotice.objects.unmailed().filter(pk=notice_id).update(**done)
    logger.info(words, notice.change.kind)


def owe_again(booking: Booking) -> None:
    """Send what the mail server refused once more: the address of ``booking`` was corrected."""
    for notice in EventNotice.objects.filter(booking=booking, outcome=NoticeOutcome.REFUSED):
        notice.outcome, notice.words = NoticeOutcome.DONE, ""
        notice.save(update_fields=["outcome", "words"])
        enqueue(notice)


def write(notice: EventNotice) -> CountedEmail:
    """Return the mail in the customer's language, with the entry that replaces the one in their calendar."""
    booking, change = notice.booking, notice.change
    with override_language(booking.language):
        facts: dict[str, Any] = {"change": change, "event": mailed_event(booking.event), "notice": notice}
        facts |= {"bank_decides": _bank_decides(notice), **_times(change)}
        text = render_to_string(f"mail/event/{change.kind}.txt", facts).strip()
        subject, *paragraphs = filter(None, text.split("\n\n"))
        name = f"event.{derived_reference('event', change.form_id, booking.reference).lower()}"
        context: dict[str, Any] = {
            "subject": subject,
            "paragraphs": paragraphs,
            "event_url": _event_url(notice),
        }
        mail = compose(booking, "notice", context, name=name)
        if booking.confirmed_at and booking.status != BookingStatus.RELEASED:
            attach_calendar(mail, booking)
    return mail


def _bank_decides(notice: EventNotice) -> bool:
    """Whether the money can't go back yet: no refund has taken its tickets, since the bank may take it."""
    undecided = notice.booking.tickets.exclude(status=TicketStatus.VOID)
    return notice.amount is None and undecided.exclude(stopped_for=StopReason.REFUND_ASKED).exists()


def _times(change: EventChange) -> dict[str, str]:
    """Return when the event was to be, and when it is now, in words; its ends, where these are no others."""
    zone = change.event.time_zone
    before = SimpleNamespace(starts_at=change.starts_before, ends_at=change.ends_before, time_zone=zone)
    after = SimpleNamespace(starts_at=change.starts_after, ends_at=change.ends_after, time_zone=zone)
    style = "WEEKDAY_DATE_TIME"
    times = {"was_on": spell_span(before, style), "is_on": spell_span(after, style)}
    if times["was_on"] == times["is_on"] and change.ends_before != change.ends_after:
        times["ended_at"] = spell(change.ends_before, "TIME", zone, names_zone=False)
        times["ends_at"] = spell(change.ends_after, "TIME", zone, names_zone=False)
    return times


def _event_url(notice: EventNotice) -> str:
    return settings.SITE_URL + notice.booking.event.get_absolute_url()
