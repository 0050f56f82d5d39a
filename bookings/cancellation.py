"""Calculate cancellation fees and refunds from an event's cancellation policy."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bookings.money import increment


class SeatOffer(NamedTuple):
    """The terms for cancelling one seat, in minor units; ``fee`` and ``refund`` add up to the price paid."""

    seat: str
    fee: int
    refund: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    """
    An event's cancellation policy.

    Seats can be cancelled before ``until``; None means never. The fee for each is ``percent`` of its price
    plus ``fixed``, in minor units of ``currency``. Until ``whole_until`` there is none: the event was moved.
    """

    until: datetime | None
    whole_until: datetime | None = None
    percent: int
    fixed: int
    currency: str

    def ends(self, at: datetime) -> datetime | None:
        """Return until when seats can be cancelled on the terms of ``at``; None if they can't be."""
        times = [until for until in (self.whole_until, self.until) if until and at < until]
        return times[0] if times else None

    @property
    def last(self) -> datetime | None:
        """Until when seats can be cancelled at all; None means never."""
        return max(filter(None, (self.until, self.whole_until)), default=None)

    def fee(self, price: int, *, at: datetime | None = None) -> int:
        """
        Return the fee for a seat bought for ``price`` that is cancelled ``at`` this time, at most ``price``.

        It is rounded once, half up, to an amount that the currency allows: 2.5 cents become 3, 1.50 ISK 2.
        """
        if at and self.whole_until and at < self.whole_until:
            return 0
        unit = 100 * increment(self.currency)  # In hundredths of the minor unit, to round only once.
        exact = price * self.percent + 100 * self.fixed
        return min(price, (2 * exact + unit) // (2 * unit) * increment(self.currency))

    def offer(self, seat: str, price: int, *, at: datetime | None = None) -> SeatOffer | None:
        """
        Return the terms for cancelling ``seat``, or None if the fee would use up its whole ``price``.

        One that nothing was paid for can be cancelled for nothing.
        """
        fee = self.fee(price, at=at)
        return SeatOffer(seat, fee, price - fee) if fee < price or not price else None
