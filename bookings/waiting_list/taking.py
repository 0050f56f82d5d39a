"""Take an offer: its places become those of an ordinary purchase, in the same transaction."""

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, WaitingEntry, WaitingStatus
from bookings.seats.holds import release


class OfferOver(Exception):
    """The places aren't kept for this customer any more, or they are paying for them already."""


def take_up(entry: WaitingEntry) -> None:
    """
    Free the places of an offer for the purchase that follows in this transaction; raise ``OfferOver``.

    Nobody else sees them free: if the purchase fails, so does this, and the offer stays. An offer of other
    places than those that ``entry`` was read with is another one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An offer is taken in the transaction of the purchase.")
    locked = WaitingEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    is_same = locked.booking_id == entry.booking_id
    if locked.booking is None or not is_same or not locked.has_offer(timezone.now()):
        raise OfferOver
    release(locked.booking)


def note_purchase(entry: WaitingEntry, booking: Booking) -> None:
    """Note that somebody who has taken their offer pays for ``booking``."""
    WaitingEntry.objects.filter(pk=entry.pk).update(status=WaitingStatus.PAYING, booking=booking)
