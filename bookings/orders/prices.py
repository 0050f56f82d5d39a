"""The price of each place for one customer."""

from collections.abc import Sequence
from dataclasses import dataclass

from bookings.models import BookedSeat, Booking, Event, SaleCode, Seat, TicketType
from bookings.orders.buyers import Buyer
from bookings.orders.codes import discounts
from bookings.orders.members import MemberLimit, Terms, seats_left


@dataclass(frozen=True)
class TypedSeat:
    """A place, and as which type a customer wants it; None means at full price."""

    seat: Seat
    type: TicketType | None = None


@dataclass(frozen=True)
class PricedSeat:
    """
    A place with its ``price`` for a customer: what its type costs, less ``saving`` and ``discount``.

    ``for_member`` places count towards a member's limit. All amounts are in minor units.
    """

    seat: Seat
    type: TicketType | None
    price: int
    saving: int
    discount: int
    for_member: bool

    def booked_by(self, booking: Booking) -> BookedSeat:
        """Return the unsaved record of its sale."""
        return BookedSeat(
            booking=booking,
            seat=self.seat,
            type=self.type,
            price=self.price,
            discount=self.discount,
            saving=self.saving,
            list_price=self.seat.price if self.type else None,
            for_member=self.for_member,
        )


def price_seats(
    event: Event, wanted: Sequence[TypedSeat], buyer: Buyer, *, code: SaleCode | None, is_presale: bool
) -> list[PricedSeat]:
    """
    Return the ``wanted`` places with their prices for ``buyer``.

    Each costs what its type does. A member gets their discount on the dearest ones, up to their limit, and
    not on types that are for members anyway; the ``code`` comes last. The caller has called ``lock_member``,
    so that no other booking of this member counts at the same time. In the presale every place counts towards
    the limit: raise ``MemberLimit`` if it is too low.
    """
    terms = buyer.terms if buyer.account else None
    left = seats_left(event, buyer.account, terms) if buyer.account and terms else None
    if terms and is_presale and left is not None and left < len(wanted):
        raise MemberLimit(limit=terms.seats_per_event or 0, left=left)
    return quote(wanted, event.currency, terms=terms, left=left, code=code)


def quote(
    wanted: Sequence[TypedSeat],
    currency: str,
    *,
    terms: Terms | None,
    left: int | None,
    code: SaleCode | None,
) -> list[PricedSeat]:
    """
    Return the ``wanted`` places with what they cost, without a look at what is left or held.

    A member's ``terms`` are for ``left`` places, None for any number.
    """
    full = [_full_price(one, currency) for one in wanted]
    savings, counted = _savings(wanted, full, currency, terms, left)
    after = [price - saving for price, saving in zip(full, savings, strict=True)]
    off = discounts(code, after, [one.type.pk if one.type else None for one in wanted], currency)
    return [
        PricedSeat(
            seat=one.seat,
            type=one.type,
            price=after[place] - off[place],
            saving=savings[place],
            discount=off[place],
            for_member=place in counted,
        )
        for place, one in enumerate(wanted)
    ]


def _full_price(one: TypedSeat, currency: str) -> int:
    return one.type.price_of(one.seat.price, currency) if one.type else one.seat.price


def _savings(
    wanted: Sequence[TypedSeat], full: Sequence[int], currency: str, terms: Terms | None, left: int | None
) -> tuple[list[int], set[int]]:
    """Return the member's saving on each place, and which places count towards the member's limit."""
    savings = [0] * len(wanted)
    if terms is None:
        return savings, set()
    dearest = sorted(range(len(wanted)), key=lambda place: -full[place])[:left]
    for place in dearest:
        kind = wanted[place].type
        if not (kind and kind.members_only):
            savings[place] = terms.saving(full[place], currency)
    return savings, set(dearest)
