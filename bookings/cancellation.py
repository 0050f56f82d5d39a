"""What cancelling costs a customer: an event's policy, and what it leaves of the price of a seat."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bookings.money import step


class SeatOffer(NamedTuple):
    """What cancelling one seat means, in minor units: ``fee`` and ``refund`` make up what was paid."""

    seat: str
    fee: int
    refund: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    """
    Until when seats can be cancelled, or None if not at all, and what is kept of each.

    ``percent`` of its price and ``fixed``, in minor units of ``currency``, together.
    """

    until: datetime | None
    percent: int
    fixed: int
    currency: str

    def allows(self, at: datetime) -> bool:
        return self.until is not None and at < self.until

    def fee(self, price: int) -> int:
        """
        Return what is kept of a seat that was bought for ``price``: never more than that.

        Rounded once, half up, to what can be paid in the currency: 2.5 cents are 3, and 1.50 ISK are 2 ISK.
        """
        unit = 100 * step(self.currency)  # In hundredths of the minor unit, so that nothing is lost before.
        exact = price * self.percent + 100 * self.fixed
        return min(price, (2 * exact + unit) // (2 * unit) * step(self.currency))

    def offer(self, seat: str, price: int) -> SeatOffer | None:
        """Return what cancelling ``seat`` means; None if the fee would take all of its ``price``."""
        fee = self.fee(price)
        return SeatOffer(seat, fee, price - fee) if fee < price else None
