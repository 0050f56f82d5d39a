"""How much of a house is held unpaid: when that is much, somebody may be keeping it from the others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Min

from bookings.models import Booking, BookingStatus, Seat


@dataclass(frozen=True)
class HeldShare:
    """So many places of an event are ``held`` unpaid and ``free``, the first ``since`` then."""

    event_id: int
    held: int
    free: int
    since: datetime

    @property
    def percent(self) -> int:
        """The share of what isn't sold, in %."""
        return 100 * self.held // (self.held + self.free)

    @property
    def is_high(self) -> bool:
        return self.percent > settings.HOLD_SHARE_CONFIRMED


def held_shares(**of: Any) -> list[HeldShare]:
    """
    Return the shares of the events of which more is held than a single network may hold.

    The others have none, however few places are left: else the last of them would look like an attack. ``of``
    filters the bookings.
    """
    held = Booking.objects.filter(status=BookingStatus.HELD, waiting_entry=None, **of)
    bookings = held.order_by().values("event")
    counted = bookings.annotate(held=Count("seats"), since=Min("created_at"))
    many = list(counted.filter(held__gt=settings.HOLD_PLACES_PER_NETWORK))
    unsold = Seat.objects.free().filter(event__in=[row["event"] for row in many]).order_by()
    free = dict(unsold.values_list("event").annotate(Count("pk")))
    return [
        HeldShare(row["event"], held=row["held"], free=free.get(row["event"], 0), since=row["since"])
        for row in many
    ]


def high_shares() -> list[HeldShare]:
    return [share for share in held_shares() if share.is_high]
