"""Closes sales after a restore, makes harmless what the backup still wants done, and opens them again."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from payments.durations import EVENTS_KEPT_BY_STRIPE, LATE_AFTER
from payments.models import (
    Backfill,
    BulkRun,
    LostOutcome,
    LostSession,
    MembershipNotification,
    Notification,
    Payment,
    Refund,
    RefundStatus,
    Restore,
    Subscription,
    open_restore,
)
from payments.models.payment import WAITING


class AlreadyBegun(Exception):
    """A restore is under way."""


class NotDone(Exception):
    """Sales can't be opened yet; the message says why."""


def newest_sign() -> datetime:
    """Return until when the data here goes: a worker writes three times a minute that it has asked Stripe."""
    ended = Backfill.objects.values_list("ended_at", flat=True).first()
    bought = Payment.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    return max(filter(None, [ended, bought]), default=timezone.now() - EVENTS_KEPT_BY_STRIPE)


@transaction.atomic
def begin(*, data_until: datetime, down_since: datetime | None = None) -> Restore:
    """
    Close sales until ``end``, and return the restore.

    Call it before web and worker start. What the backup would do twice is made harmless: refunds are looked
    for at Stripe before they are sent, bulk runs of staff are stopped, mails that the old shop had time to
    send count as sent if ``down_since`` tells how long it ran, and everybody is signed out. Stripe is asked
    about everything that waits.

    Raise ``AlreadyBegun``.
    """
    if open_restore():
        raise AlreadyBegun
    restore = Restore.objects.create(data_until=data_until, down_since=down_since)
    now = timezone.now()
    # Stripe forgets an idempotency key after a day: a refund that isn't new is looked for.
    Refund.objects.filter(status=RefundStatus.DUE, tried_at=None).update(tried_at=data_until)
    BulkRun.objects.filter(finished_at=None, cancelled_at=None).update(cancelled_at=now)
    Session.objects.all().delete()
    if down_since:
        _note_sent_mails(data_until, down_since)
    waiting = Payment.objects.of_this_mode()
    waiting.filter(status__in=WAITING).check_soon()
    if data_until < now - EVENTS_KEPT_BY_STRIPE:  # What happened to the others, no event tells any more.
        waiting.paid().filter(booking__event__ends_at__gt=data_until).check_soon()
    Subscription.objects.of_this_mode().current().check_soon()
    Backfill.objects.filter(read_until__gt=data_until).update(read_until=data_until)
    return restore


def _note_sent_mails(data_until: datetime, down_since: datetime) -> None:
    """
    Count as sent what was waiting in the backup for less than ten minutes, if the shop ran on for longer.

    What had waited for longer was being refused: it is sent, under the Message-ID that it would have had.
    """
    if down_since - data_until < LATE_AFTER:
        return
    fresh = data_until - LATE_AFTER
    Notification.objects.owed().filter(created_at__gt=fresh).update(sent_at=data_until)
    MembershipNotification.objects.owed().filter(created_at__gt=fresh).update(sent_at=data_until)
    Booking.objects.unmailed().filter(confirmed_at__gt=fresh).update(mailed_at=data_until)


@transaction.atomic
def end(restore: Restore, *, anyway: bool = False) -> None:
    """Open sales again; raise ``NotDone`` if it isn't known what was sold, or not all is decided."""
    left = LostSession.objects.filter(restore=restore, outcome=LostOutcome.UNDECIDED).count()
    if not restore.is_read and not anyway:
        raise NotDone("Stripe's lists aren't read yet. The worker does it, or run: manage.py restored read")
    if left and not anyway:
        raise NotDone(f"{left} sessions are undecided. Rebuild or refund them.")
    Restore.objects.filter(pk=restore.pk, ended_at=None).update(ended_at=timezone.now())
