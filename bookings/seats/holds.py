"""Hold seats for a customer while they pay, and release them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from bookings.models import (
    Area,
    AreaKind,
    BookedSeat,
    Booking,
    BookingStatus,
    Event,
    EventStatus,
    SaleCode,
    SaleStatus,
    Seat,
    WaitingEntry,
    WaitingStatus,
)
from bookings.models.seat import SeatQuerySet
from bookings.money import MAXIMUM
from bookings.orders.buyers import Buyer
from bookings.orders.codes import find_code, lock_code
from bookings.orders.members import is_open_for_members, lock_member
from bookings.orders.prices import TypedSeat, price_seats
from bookings.orders.types import Types, UnknownType, find_types, is_sold_in, lock_quotas
from bookings.orders.wishes import Wish, seats_wish
from bookings.seats.best_available import best_of, lock_best, wait_for_best
from bookings.seats.kept import kept_areas, wake
from bookings.seats.occupying import occupy
from waiting.publishing import publish, publish_all


class NotOnSale(Exception):
    """The event's seats can't be bought now; ``sale`` says why."""

    def __init__(self, sale: SaleStatus) -> None:
        super().__init__(sale.label)
        self.sale = sale


class UnknownSeats(Exception):
    """The event has no seats with these ``labels``."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


class SeatsTaken(Exception):
    """The seats with these ``labels`` are held or bought by another customer."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


class UnknownArea(Exception):
    """The event has no standing area with this ``slug``."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class AreaSoldOut(Exception):
    """There are fewer free places in the ``area`` than requested: only ``free``."""

    def __init__(self, area: Area, free: int) -> None:
        super().__init__(f"{area.slug}: {free}")
        self.area, self.free = area, free


class TotalTooLarge(Exception):
    """The seats cost more together than one payment can be: ``most``, in minor units of ``currency``."""

    def __init__(self, most: int, currency: str) -> None:
        super().__init__(f"{most} {currency}")
        self.most = most
        self.currency = currency


class SoldOut(Exception):
    """There are only ``free`` seats, fewer than requested; up to the price wanted, if it ``has_limit``."""

    def __init__(self, free: int, *, has_limit: bool = False) -> None:
        super().__init__(str(free))
        self.free, self.has_limit = free, has_limit


def require_free(event: Event, wish: Wish) -> None:
    """
    Raise what holding this would raise, as far as one look tells, without a transaction or a lock.

    On the first morning of a sale most customers come too late, and must not keep the others waiting. Seats
    that are being taken at this moment still look free.
    """
    if wish.seats:
        seats = event.seats.drawn().filter(label__in=wish.seats).order_by("pk")
        _require_all(wish.seats, {seat.label: seat for seat in seats})
    for wanted in wish.places:
        _require_places(find_area(event, wanted.area), wanted.quantity)
    if wish.quantity and (free := _count(best_of(event, wish.most), wish.quantity)) < wish.quantity:
        raise too_few(event, free, wish.most)


def _count(seats: SeatQuerySet, most: int) -> int:
    return len(seats.order_by().values_list("pk")[:most])


def too_few(event: Event, free: int, most: int | None) -> SoldOut | NotOnSale:
    """Return why only ``free`` seats cost no more than ``most``: what has nothing to sell isn't sold out."""
    has_seats = free or getattr(event, "has_seats", None) or event.seats.exists()
    return SoldOut(free, has_limit=most is not None) if has_seats else NotOnSale(SaleStatus.SOON)


def _require_all(labels: Collection[str], seats: Mapping[str, Seat], *, is_house: bool = False) -> None:
    """
    Raise ``UnknownSeats`` or ``SeatsTaken`` unless all ``labels`` are of seats that can be bought.

    ``is_house``: what the house holds back can be, too.
    """
    if unknown := sorted(set(labels) - seats.keys()):
        raise UnknownSeats(unknown)
    had = {
        label: seat.booking_id is not None if is_house else not seat.is_free for label, seat in seats.items()
    }
    if taken := [label for label, is_had in had.items() if is_had]:
        raise SeatsTaken(taken)


def _require_places(area: Area, quantity: int) -> None:
    if (free := _count(places_of(area), quantity)) < quantity:
        raise AreaSoldOut(area, free)


def places_of(area: Area, *, is_house: bool = False) -> SeatQuerySet:
    """
    Return the free places of a standing ``area``; an index has them by event, area and number.

    ``is_house``: those that are held back as well.
    """
    seats = Seat.objects.vacant() if is_house else Seat.objects.free()
    return seats.filter(event=area.event_id, area=area)


def find_area(event: Event, slug: str) -> Area:
    """Return the standing area of ``event`` with this slug; raise ``UnknownArea``."""
    area = event.areas.filter(slug=slug, kind=AreaKind.STANDING).first()
    if area is None:
        raise UnknownArea(slug)
    return area


@transaction.atomic
def hold(event: Event, buyer: Buyer, wish: Wish, *, until: datetime, has_offer: bool = False) -> Booking:
    """
    Hold what ``wish`` asks for until ``until`` and return the booking.

    Free places that would do for somebody on the waiting list are only for who ``has_offer`` of them, and for
    the house; for all others they are taken. So are those that the house holds back: of an offer that was
    made before, they are still good.

    Raise ``NotOnSale``, ``UnknownSeats``, ``UnknownArea``, ``UnknownType``, ``UnknownCode``, ``TypeCount``,
    ``TotalTooLarge``, ``MemberLimit``, ``CodeUsedUp``, ``TypeSoldOut``, ``AreaSoldOut``, ``SoldOut``, or
    ``SeatsTaken`` with the labels that are taken; then nothing is held. If two customers want the same seat,
    the second waits for the first one's transaction to end and then sees whether the seat is taken.

    Rows are locked in one order: the member, seats, types, the code.
    """
    require_open_sale(event, buyer)
    code = find_code(event, wish.code)
    is_house = buyer.is_house
    types = find_types(event, wish, is_member=buyer.terms is not None, code=code, is_house=is_house)
    may_have_kept = is_house or has_offer
    seats = [*_lock_best(event, wish, types), *_lock_chosen(event, wish, types, is_house=may_have_kept)]
    for area, wanted in sorted(
        ((find_area(event, one.area), one) for one in wish.places), key=lambda pair: pair[0].pk
    ):
        places = _lock_places(area, wanted.quantity, seats, is_house=may_have_kept)
        seats += [TypedSeat(seat, types[wanted.type]) for seat in places]
    if unsold := [one.type.slug for one in seats if one.type and not is_sold_in(one.type, one.seat.area_id)]:
        raise UnknownType(sorted(set(unsold)))
    if not may_have_kept:
        _require_nobody_first(event, wish, [one.seat for one in seats])
    lock_quotas(types.values(), wish)
    lock_code(code, email=buyer.email)
    return _occupy(event, buyer, seats, code=code, until=until)


def hold_seats(event: Event, buyer: Buyer, *, labels: Sequence[str], until: datetime) -> Booking:
    """Hold the seats with these ``labels`` at full price; see ``hold``."""
    return hold(event, buyer, seats_wish(labels), until=until)


def hold_best_available(event: Event, buyer: Buyer, *, quantity: int, until: datetime) -> Booking:
    """Hold the best ``quantity`` free seats (``lock_best``) at full price; see ``hold``."""
    return hold(event, buyer, Wish(quantity=quantity), until=until)


def _lock_chosen(event: Event, wish: Wish, types: Types, *, is_house: bool) -> list[TypedSeat]:
    if not wish.seats:
        return []
    seats = event.seats.drawn().filter(label__in=wish.seats).lock()
    _require_all(wish.seats, {seat.label: seat for seat in seats}, is_house=is_house)
    return [TypedSeat(seat, types[wish.seats[seat.label]]) for seat in seats]


def _lock_best(event: Event, wish: Wish, types: Types) -> list[TypedSeat]:
    if not wish.quantity:
        return []
    # Skipped seats become free again if the other transaction fails, so wait for it before saying "sold out".
    best = event, wish.quantity, wish.most
    seats = lock_best(*best) or wait_for_best(*best)
    if len(seats) < wish.quantity:
        raise too_few(event, len(seats), wish.most)
    return [TypedSeat(seat, types[wish.type]) for seat in seats]


def _require_nobody_first(event: Event, wish: Wish, seats: Sequence[Seat]) -> None:
    """Raise what says that ``seats``, which are locked, are taken if they are kept for the waiting list."""
    areas = kept_areas(event)
    kept = [seat for seat in seats if seat.area_id in areas]
    if kept and wish.quantity:
        raise SoldOut(0, has_limit=wish.most is not None)
    if chosen := [seat.label for seat in kept if seat.label in wish.seats]:
        raise SeatsTaken(chosen)
    for seat in kept:
        if seat.area:
            raise AreaSoldOut(seat.area, 0)


def _lock_places(area: Area, quantity: int, besides: Sequence[TypedSeat], *, is_house: bool) -> list[Seat]:
    """
    Lock so many free places of a standing ``area``: which ones is all the same, so none is waited for.

    ``is_house``: those that are held back can be had too, once the others are gone.
    """
    free = places_of(area, is_house=is_house).exclude(pk__in=[one.seat.pk for one in besides])
    order = ("state", "number") if is_house else ("number",)
    skipping = free.order_by(*order).select_for_update(no_key=True, skip_locked=True)
    seats = list(skipping[:quantity])
    if len(seats) < quantity:
        seats = free.lock()[:quantity]
    if len(seats) < quantity:
        raise AreaSoldOut(area, len(seats))
    return seats


@transaction.atomic
def release(booking: Booking) -> bool:
    """
    Release the seats of a held booking; return False, and change nothing, if it isn't held any more.

    The caller has made sure that it can't be paid any more. Its status becomes cancelled if the customer
    cancelled the checkout, else released.
    """
    ended = Case(When(cancelled_at=None, then=Value("released")), default=Value("cancelled"))
    held = Booking.objects.filter(pk=booking.pk, status=BookingStatus.HELD)
    # That locks the booking's row and checks its status again: a payment that confirms the booking at this
    # moment either comes first, and nothing matches here, or waits and finds the booking released.
    if not held.select_for_update(no_key=True).values_list("pk", flat=True):
        return False
    # Whose offer it was, and hasn't run out, is offered these places again before anybody else. Who looks
    # after the waiting list locks entries before seats and types, too.
    WaitingEntry.objects.filter(booking=booking).update(status=WaitingStatus.WAITING, booking=None)
    booking.seats.lock()
    booking.seats.update(booking=None)
    # The code comes last, as in ``hold``: a trigger counts its uses.
    held.update(status=ended, released_at=timezone.now(), browser="", network="")
    wake(booking.event)
    booking.publish()
    publish(booking.event.topic)
    return True


def keep_until(booking: Booking, until: datetime) -> None:
    """Keep the seats of a held booking until then at least; the caller has locked the booking."""
    if booking.status == BookingStatus.HELD and booking.held_until < until:
        booking.held_until = until
        booking.save(update_fields=["held_until"])
        booking.publish()


def require_open_sale(event: Event, buyer: Buyer) -> None:
    """
    Raise ``NotOnSale`` if the event's seats can't be bought now; for some members, the sale opens earlier.

    Lock the member's row, before any seat is locked, so that their bookings can't exceed their seat limit
    together.
    """
    if event.is_draft:
        raise NotOnSale(SaleStatus.SOON)
    if buyer.is_house:
        if event.sale in (SaleStatus.CALLED_OFF, SaleStatus.OVER):
            raise NotOnSale(event.sale)
        return
    if buyer.account and buyer.terms:
        lock_member(buyer.account)
    if event.sale != SaleStatus.OPEN and not is_open_for_members(event, buyer.terms, now=timezone.now()):
        raise NotOnSale(event.sale)


def _occupy(
    event: Event, buyer: Buyer, seats: Sequence[TypedSeat], *, code: SaleCode | None, until: datetime
) -> Booking:
    """Create a booking with ``seats``, which are locked and free, at the customer's prices."""
    is_presale = event.sale == SaleStatus.UPCOMING
    prices = price_seats(event, seats, buyer, code=code, is_presale=is_presale)
    if sum(priced.price for priced in prices) > MAXIMUM:
        raise TotalTooLarge(MAXIMUM, event.currency)
    booking = event.bookings.create(
        name=buyer.name,
        email=buyer.email,
        customer=buyer.account,
        language=buyer.language,
        accepted_terms=buyer.accepted,
        code=code,
        held_until=until,
        browser=buyer.visitor.browser,
        network=buyer.visitor.network,
        has_confirmed_email=buyer.visitor.has_confirmed_email,
    )
    booked = BookedSeat.objects.bulk_create(priced.booked_by(booking) for priced in prices)
    # Whoever made the event a draft, or called it off, had all its seats locked, so that is over: look again.
    sold = Event.objects.public().exclude(status=EventStatus.CANCELLED)
    if not occupy(booked, Seat.objects.filter(Exists(sold.filter(pk=OuterRef("event"))))):
        raise NotOnSale(Event.objects.get(pk=event.pk).sale if event.is_draft else SaleStatus.CLOSED)
    publish_all([*booking.topics, event.topic])
    return booking
