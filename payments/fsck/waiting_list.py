"""Rules: an offer to somebody on a waiting list has its places, for as long as it lasts and no longer."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.db.models import F
from django.utils import timezone

from bookings.models import BookingStatus, WaitingEntry, WaitingStatus
from bookings.models.waiting_entry import WITH_PLACES
from bookings.seats.kept import enqueue

from .violations import Violation, rule

# A job looks every minute.
ENDED_WITHIN = timedelta(minutes=15)


@rule
def offer_without_its_places() -> Iterator[Violation]:
    """Who has an offer, or pays for one, has a booking that holds the places or has bought them."""
    held = BookingStatus.HELD
    lost = WaitingEntry.objects.filter(status=WaitingStatus.OFFERED).exclude(booking__status=held)
    ended = [BookingStatus.RELEASED, BookingStatus.CANCELLED]
    unpaid = WaitingEntry.objects.filter(status=WaitingStatus.PAYING, booking__status__in=ended)
    for entry in [*lost, *unpaid.filter(booking__confirmed_at=None)]:
        yield Violation(
            "offer_without_its_places",
            f"waiting list entry {entry.pk}",
            f"is {entry.status}, but its booking doesn't hold the places",
            partial(_take_back, entry),
        )


@rule
def offer_held_for_less() -> Iterator[Violation]:
    """The places of an offer are held until it ends."""
    short = WaitingEntry.objects.filter(
        status=WaitingStatus.OFFERED, booking__held_until__lt=F("offered_until")
    )
    for entry in short:
        words = "has an offer that lasts longer than its places are held"
        yield Violation("offer_held_for_less", f"waiting list entry {entry.pk}", words)


@rule
def offer_that_has_not_ended() -> Iterator[Violation]:
    late = timezone.now() - ENDED_WITHIN
    for entry in WaitingEntry.objects.filter(status=WaitingStatus.OFFERED, offered_until__lt=late):
        yield Violation(
            "offer_that_has_not_ended",
            f"waiting list entry {entry.pk}",
            "has an expired offer, but still holds its places",
            partial(enqueue, entry.event),
        )


def _take_back(entry: WaitingEntry) -> None:
    """Let somebody wait again whose places are gone."""
    rows = WaitingEntry.objects.filter(pk=entry.pk, status__in=WITH_PLACES)
    rows.update(status=WaitingStatus.WAITING, booking=None)
    enqueue(entry.event)
