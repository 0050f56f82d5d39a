"""Who holds seats or asks to: how limits tell customers apart, and when one was last known to be at it."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bookings.models import Booking, BookingStatus
from config.database.trouble import Trouble, note, trouble_of

logger = logging.getLogger(__name__)

NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Visitor:
    """
    A browser and a network, as digests under the shop's key; an empty one is unknown, and isn't counted.

    ``has_confirmed_email``: the customer has shown that the buyer's mailbox is theirs. The digests are kept
    with a booking while it is held, and deleted by what confirms or releases it.
    """

    browser: str = ""
    network: str = ""
    has_confirmed_email: bool = False


UNKNOWN = Visitor()


def digest(kind: str, value: str) -> str:
    """Return what stands for the ``value`` of this ``kind`` in the database: 32 characters."""
    return salted_hmac(f"bookings.{kind}", value, algorithm="sha256").hexdigest()[:32]


def note_activity(bookings: QuerySet[Booking]) -> None:
    """
    Note that the customers of those of ``bookings`` that hold seats are at it.

    That is no reason to keep a page from them: what is locked is being decided anyway, and a database that
    can't be written to can still be read.
    """
    now = timezone.now()
    unseen = Q(active_at=None) | Q(active_at__lt=now - NOTED_EVERY)
    ids = list(bookings.filter(unseen, status=BookingStatus.HELD).order_by().values_list("pk", flat=True))
    if not ids:
        return
    held = Booking.objects.filter(pk__in=ids, status=BookingStatus.HELD)
    try:
        with transaction.atomic():
            free = held.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
            Booking.objects.filter(pk__in=list(free)).update(active_at=now)
    except DatabaseError as error:
        trouble = trouble_of(error)
        if trouble not in (Trouble.READ_ONLY, Trouble.FULL, Trouble.SLOW):
            raise
        note(trouble)
        logger.warning("can't record customers' activity: %s", error)
