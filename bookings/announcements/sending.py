"""
Send announcements: a row for each copy, which the worker sends one by one; staff can watch and stop it.

A copy is marked before it is handed to the mail server. So whoever is killed in between leaves one that is
unclear, and not a customer who reads everything twice.
"""

import logging
import smtplib
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.mail import get_connection
from django.db import IntegrityError, transaction
from django.db.models import Count, Min
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.announcements.mails import write_copy
from bookings.announcements.recipients import recipients
from bookings.mail.outgoing import Refused, kind_of
from bookings.models import Announcement, AnnouncementCopy, Booking, CopyOutcome, Event

logger = logging.getLogger(__name__)

TASK = "bookings.tasks.send_announcement"
BATCH_SECONDS = 10
BEHIND_TICKETS = -1  # Nobody waits for an announcement as for tickets.
PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)
MOST_TRIES = 24  # about 18 hours


def start(event: Event, *, author: User, subject: str, text: str, form_id: str) -> Announcement:
    """
    Send an announcement to all who have tickets now, and return it. A form that is sent twice sends one.

    Who buys later doesn't get it, unless staff ``extend`` it.
    """
    try:
        with transaction.atomic():
            announcement = Announcement.objects.create(
                event=event, author=author, subject=subject, text=text, form_id=form_id
            )
            _add_copies(announcement)
            enqueue(announcement)
            return announcement
    except IntegrityError:
        return Announcement.objects.get(form_id=form_id)


def _add_copies(announcement: Announcement) -> int:
    """Owe a copy to each who has tickets and none yet; return to how many."""
    others = recipients(announcement.event).exclude(announcement_copies__announcement=announcement)
    ids = others.order_by("pk").values_list("pk", flat=True)
    copies = [AnnouncementCopy(announcement=announcement, booking_id=pk) for pk in ids]
    AnnouncementCopy.objects.bulk_create(copies, batch_size=1_000)
    return len(copies)


def enqueue(announcement: Announcement, *, at: datetime | None = None) -> None:
    """Have the worker send what is waiting; jobs for one announcement run one at a time."""
    lock = f"announcement:{announcement.pk}"
    job = app.configure_task(TASK, lock=lock, priority=BEHIND_TICKETS, schedule_at=at)
    job.defer(announcement_id=announcement.pk)


@transaction.atomic
def extend(announcement: Announcement) -> int:
    """Send it to those as well who have bought since, unless it was stopped; return how many."""
    going_on = _going_on().select_for_update(no_key=True).filter(pk=announcement.pk).first()
    if not (going_on and (count := _add_copies(going_on))):
        return 0
    _go_on(going_on)
    return count


@transaction.atomic
def try_again(announcement: Announcement) -> int:
    """Send the copies that failed, or may have been sent, once more; return how many."""
    undecided = announcement.copies.filter(outcome__in=[CopyOutcome.FAILED, CopyOutcome.UNCLEAR])
    count = undecided.update(outcome=CopyOutcome.WAITING, tries=0, next_try_at=None)
    if count:
        _go_on(announcement)
    return count


@transaction.atomic
def owe_again(booking: Booking) -> None:
    """Send ``booking`` the copies that were refused: its address has changed."""
    for announcement in _going_on().filter(copies__in=booking.announcement_copies.refused()):
        refused = announcement.copies.refused().filter(booking=booking)
        refused.update(outcome=CopyOutcome.WAITING, tries=0, next_try_at=None)
        _go_on(announcement)


def _going_on() -> Any:
    return Announcement.objects.filter(stopped_at=None)


def _go_on(announcement: Announcement) -> None:
    Announcement.objects.filter(pk=announcement.pk).update(finished_at=None)
    enqueue(announcement)


@transaction.atomic
def stop(announcement: Announcement) -> bool:
    """Send no more copies, but for one that is being sent; return False if there is nothing to stop."""
    running = Announcement.objects.filter(pk=announcement.pk, finished_at=None, stopped_at=None)
    if not running.update(stopped_at=timezone.now()):
        return False
    announcement.copies.filter(outcome=CopyOutcome.WAITING).update(outcome=CopyOutcome.STOPPED)
    return True


def progress(announcement: Announcement) -> Counter[str]:
    """Return how many copies have each outcome."""
    return Counter(dict(announcement.copies.order_by().values_list("outcome").annotate(Count("pk"))))


def work_on(announcement_id: int, *, seconds: float = BATCH_SECONDS) -> None:
    """
    Send a batch of the copies that are due, and enqueue the next if there are any left after ``seconds``.

    Raise ``OSError`` if the mail server can't be reached; then the job is tried again, and nothing is lost.
    """
    announcement = Announcement.objects.get(pk=announcement_id)
    # Jobs of one announcement run one at a time, so whoever was sending these has died.
    left = announcement.copies.filter(outcome=CopyOutcome.SENDING)
    left.update(outcome=CopyOutcome.UNCLEAR, decided_at=timezone.now())
    until, connection = time.monotonic() + seconds, get_connection()
    try:
        for pk in list(announcement.copies.due(timezone.now()).values_list("pk", flat=True)):
            if time.monotonic() > until:
                enqueue(announcement)
                return
            _connect(connection)
            _send(pk, connection)
    finally:
        connection.close()
    _end(announcement)


def _end(announcement: Announcement) -> None:
    """Finish, or enqueue the job for those that the mail server wants to have later."""
    waiting = announcement.copies.filter(outcome=CopyOutcome.WAITING)
    if at := waiting.aggregate(at=Min("next_try_at"))["at"]:
        enqueue(announcement, at=at)
        return
    running = Announcement.objects.filter(pk=announcement.pk, finished_at=None)
    running.exclude(copies__outcome=CopyOutcome.WAITING).update(finished_at=timezone.now())


def _connect(connection: Any) -> None:
    """
    Open the connection to the mail server, or see whether it is still there.

    Servers end one after some mails or seconds. Found out with a copy on its way, that one would be unclear.
    """
    smtp = getattr(connection, "connection", None)
    if smtp is not None:
        try:
            if smtp.noop()[0] == 250:
                return
        except OSError:
            logger.info("the mail server has ended the connection")
        connection.close()
    connection.open()


def _send(copy_id: int, connection: Any) -> None:
    """Send one copy, unless somebody else has, or has stopped it; note what became of it."""
    mine = AnnouncementCopy.objects.filter(pk=copy_id)
    if not mine.filter(outcome=CopyOutcome.WAITING).update(outcome=CopyOutcome.SENDING):
        return
    copy = mine.select_related("announcement", "booking__event").get()
    if recipients(copy.booking.event).filter(pk=copy.booking_id).exists():
        what = _hand_over(copy, connection)
    else:
        what = {"outcome": CopyOutcome.SKIPPED}
    mine.update(decided_at=timezone.now(), **what)


def _hand_over(copy: AnnouncementCopy, connection: Any) -> dict[str, Any]:
    """Give the email to the mail server, and return what to note."""
    try:
        mail = write_copy(copy)
        mail.connection = connection
        mail.send()
    except Refused as refusal:
        return {"outcome": CopyOutcome.REFUSED, "words": refusal.words}
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        return _later(copy, error)
    except OSError as error:  # The connection broke: nobody knows how far it came.
        connection.close()
        return {"outcome": CopyOutcome.UNCLEAR, "words": kind_of(error)}
    except Exception as error:  # One failure must not stop the other copies.
        logger.exception("copy %s of an announcement can't be sent", copy.pk)
        return {"outcome": CopyOutcome.FAILED, "words": repr(error)}
    return {"outcome": CopyOutcome.SENT, "words": ""}


def _later(copy: AnnouncementCopy, error: Exception) -> dict[str, Any]:
    """Return what to note of a copy that the mail server wants to have later."""
    tries = copy.tries + 1
    if tries >= MOST_TRIES:
        return {"outcome": CopyOutcome.FAILED, "words": kind_of(error), "tries": tries}
    at = timezone.now() + min(PAUSE * tries, LONGEST_PAUSE)
    return {"outcome": CopyOutcome.WAITING, "words": kind_of(error), "tries": tries, "next_try_at": at}
