"""The mails to those who wait: one to confirm their address, and one with each offer."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.mail.emails import compose, mailed_event
from bookings.mail.outgoing import CountedEmail, Refused
from bookings.messages import join_labels
from bookings.models import Booking, WaitingEntry, WaitingMail, WaitingStatus
from bookings.references import derived_reference
from config.i18n.languages import override_language

TRUE_WHILE = {
    WaitingMail.CONFIRM: [WaitingStatus.UNCONFIRMED],
    WaitingMail.OFFER: [WaitingStatus.OFFERED],
}


def owe(entry: WaitingEntry, kind: WaitingMail) -> None:
    """Have the worker send a mail, once the transaction has committed."""
    entry.mail_owed, entry.mailings = kind, entry.mailings + 1
    entry.save(update_fields=["mail_owed", "mailings"])
    enqueue_mail(entry)


def enqueue_mail(entry: WaitingEntry) -> None:
    """Have the worker send what is owed; jobs for one entry run one at a time."""
    job = app.configure_task("bookings.tasks.mail_waiting_entry", lock=f"waiting_mail:{entry.pk}")
    job.defer(entry_id=entry.pk)


def send(entry_id: int) -> bool:
    """
    Send the mail that an entry waits for, if it is still true; return False if it can't be delivered at all.

    A worker that is killed after the mail server has taken it sends it again, under the same Message-ID.
    """
    owed = WaitingEntry.objects.owed().select_related("event", "booking")
    entry = owed.filter(pk=entry_id).first()
    if entry is None:
        return True
    done: dict[str, Any] = {"mail_owed": ""}
    if entry.status in TRUE_WHILE[WaitingMail(entry.mail_owed)]:
        try:
            write(entry).send()
            done |= {"mailed_at": timezone.now(), "mail_refusal": ""}
        except Refused as refusal:
            done |= {"mail_refusal": refusal.words[:500]}
    WaitingEntry.objects.filter(pk=entry_id, mailings=entry.mailings).update(**done)
    return not done.get("mail_refusal")


def write(entry: WaitingEntry) -> CountedEmail:
    """Return the mail that ``entry`` waits for, in its language, with the secret link."""
    with override_language(entry.language):
        labels = entry.booking.seat_labels if entry.booking else []
        facts = {
            "entry": entry,
            "event": mailed_event(entry.event),
            "seats": labels,
            "spelled": join_labels(labels),
        }
        text = render_to_string(f"mail/waiting/{entry.mail_owed}.txt", facts).strip()
        subject, *paragraphs = filter(None, text.split("\n\n"))
        context = {
            "subject": subject,
            "paragraphs": paragraphs,
            "is_offer": entry.mail_owed == WaitingMail.OFFER,
            "entry_url": settings.SITE_URL + entry.get_absolute_url(),
        }
        name = f"waiting.{derived_reference('waiting', entry.reference, str(entry.mailings)).lower()}"
        # A stranger may have typed the name, until the address is confirmed.
        greets = entry.mail_owed == WaitingMail.OFFER
        return compose(_addressee(entry), "waiting/entry", context, name=name, greets=greets)


def _addressee(entry: WaitingEntry) -> Booking:
    """Return an unsaved booking, whose customer is mailed."""
    return Booking(event=entry.event, name=entry.name, email=entry.email, language=entry.language)
