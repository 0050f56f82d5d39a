"""A member's benefits at an event: presale, discount, and the number of seats they count for."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import F

from bookings.models import BookedSeat, Event, EventStatus
from bookings.money import increment, minimum_charge


class MemberLimit(Exception):
    """In the presale, a member can book ``limit`` seats of an event, and only ``left`` remain."""

    def __init__(self, *, limit: int, left: int) -> None:
        super().__init__(f"{left} of {limit}")
        self.limit = limit
        self.left = left


@dataclass(frozen=True)
class Terms:
    """A member's benefits, for at most ``seats_per_event`` seats of each event; None means no limit."""

    has_presale: bool
    discount_percent: int
    seats_per_event: int | None

    def saving(self, price: int, currency: str) -> int:
        """Return the discount on ``price``, in minor units; the rest stays an amount that can be charged."""
        units = price * self.discount_percent // 100
        return min(units - units % increment(currency), max(0, price - minimum_charge(currency)))


@dataclass(frozen=True)
class Advantage:
    """What a member of ``plan`` has at one event; ``left`` more seats at these terms, None for any number."""

    plan: str
    terms: Terms
    left: int | None
    is_presale: bool
    currency: str

    def price(self, amount: int) -> int:
        """Return what a seat of ``amount`` costs the member, in minor units."""
        return amount - self.terms.saving(amount, self.currency)


def is_open_for_members(event: Event, terms: Terms | None, *, now: datetime) -> bool:
    """Return whether the presale is open at ``now`` for members with these ``terms``."""
    if terms is None or not terms.has_presale or event.member_sales_from is None:
        return False
    if event.status == EventStatus.CANCELLED:
        return False
    return event.member_sales_from <= now < event.sales_from


def lock_member(account: User) -> None:
    """Make other bookings of this member wait until the transaction ends."""
    User.objects.select_for_update(no_key=True).get(pk=account.pk)


def seats_left(event: Event, account: User, terms: Terms) -> int | None:
    """Return for how many more seats of ``event`` the terms apply, or None if there is no limit."""
    if terms.seats_per_event is None:
        return None
    # Seats that were released or cancelled don't count: they aren't the booking's any more.
    taken = BookedSeat.objects.current().filter(
        booking__event=event, booking__customer=account, seat__booking=F("booking"), for_member=True
    )
    return max(0, terms.seats_per_event - taken.count())
