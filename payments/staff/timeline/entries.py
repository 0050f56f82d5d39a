"""The entries of a timeline, and those that payments and memberships have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.models import Payment, StripeEvent, Subscription


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``kind`` decides its looks, ``subject`` is the row that tells more, if any."""

    at: datetime
    kind: str
    words: str
    detail: str = ""
    actor: str = ""
    subject: Model | None = None


def events(subject: Payment | Subscription) -> Iterator[Entry]:
    for event in subject.stripe_events.defer("body", "traceback"):
        words = f"{event.type}: {event.get_outcome_display()}"
        yield Entry(event.received_at, "event", words, _deliveries(event), subject=event)


def _deliveries(event: StripeEvent) -> str:
    if not event.deliveries:
        return _("found in Stripe's list")
    words = ngettext("delivered once", "delivered %(count)d times", event.deliveries)
    return words % {"count": event.deliveries}


def mails(subject: Payment | Subscription) -> Iterator[Entry]:
    for notification in subject.notifications.exclude(sent_at=None, refused_at=None):
        news = {"news": notification.get_kind_display()}
        if notification.sent_at:
            yield Entry(notification.sent_at, "mail", _("Emailed: %(news)s.") % news)
        elif notification.refused_at:
            words = _("Rejected by the mail server: %(news)s.") % news
            yield Entry(notification.refused_at, "trouble", words, notification.refusal)


def staff_actions(subject: Payment | Subscription) -> Iterator[Entry]:
    for record in subject.staff_actions.select_related("actor"):
        words = f"{record.get_action_display()}: {record.reason}"
        yield Entry(record.at, "staff", words, record.words, str(record.actor))
