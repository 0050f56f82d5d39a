"""What a membership gives when seats are booked: an earlier sale, a lower price, for so many seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import F

from bookings.models import BookedSeat, Event, Seat
from bookings.money import increment, minimum_charge


class MemberLimit(Exception):
    """Before the sale opens to all, a member may have ``limit`` seats of an event, and ``left`` are left."""

    def __init__(self, *, limit: int, left: int) -> None:
        super().__init__(f"{left} of {limit}")
        self.limit = limit
        self.left = left


@dataclass(frozen=True)
class Terms:
    """The terms of a member: ``seats_per_event`` is for how many seats of one event, None for any number."""

    has_presale: bool
    discount_percent: int
    seats_per_event: int | None

    def saving(self, price: int, currency: str) -> int:
        """Return what a seat of ``price`` costs less, in minor units: as far as the rest can be paid."""
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


@dataclass(frozen=True)
class PricedSeat:
    """A seat and what it costs this customer; ``for_member`` counts it to the limit of seats."""

    seat: Seat
    price: int
    saving: int
    for_member: bool


def is_open_for_members(event: Event, terms: Terms | None, *, now: datetime) -> bool:
    """Whether members with ``terms`` may buy before everybody may."""
    if terms is None or not terms.has_presale or event.member_sales_from is None:
        return False
    return event.member_sales_from <= now < event.sales_from


def price_seats(
    event: Event, seats: Sequence[Seat], account: User | None, terms: Terms | None, *, is_presale: bool
) -> list[PricedSeat]:
    """
    Return ``seats`` at the prices of who books them: the dearest at a member's price, up to their limit.

    Two bookings of one member at once have taken turns by ``lock_member``, before either locked a seat.
    Raise ``MemberLimit`` in the presale, where every seat is one of the member's.
    """
    if terms is None or account is None:
        return [PricedSeat(seat, seat.price, 0, for_member=False) for seat in seats]
    left = seats_left(event, account, terms)
    if is_presale and left is not None and left < len(seats):
        raise MemberLimit(limit=terms.seats_per_event or 0, left=left)
    dearest = sorted(seats, key=lambda seat: seat.price, reverse=True)[:left]
    return [_priced(seat, event, terms if seat in dearest else None) for seat in seats]


def _priced(seat: Seat, event: Event, terms: Terms | None) -> PricedSeat:
    saving = terms.saving(seat.price, event.currency) if terms else 0
    return PricedSeat(seat, seat.price - saving, saving, for_member=terms is not None)


def lock_member(account: User) -> None:
    """Let the bookings of one member take turns, for the transaction."""
    User.objects.select_for_update(no_key=True).get(pk=account.pk)


def seats_left(event: Event, account: User, terms: Terms) -> int | None:
    """Return for how many more seats of ``event`` the terms hold, or None if for any number."""
    if terms.seats_per_event is None:
        return None
    # What was let go or given back is somebody else's to buy, and the member's to buy again.
    taken = BookedSeat.objects.current().filter(
        booking__event=event, booking__customer=account, seat__booking=F("booking"), for_member=True
    )
    return max(0, terms.seats_per_event - taken.count())
