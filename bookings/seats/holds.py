"""Hold seats for a customer while they pay, and release them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from bookings.models import BookedSeat, Booking, BookingStatus, Event, EventStatus, SaleStatus, Seat
from bookings.money import MAXIMUM
from bookings.seats.best_available import lock_best
from bookings.seats.member_pricing import Terms, is_open_for_members, lock_member, price_seats
from bookings.seats.visitors import UNKNOWN, Visitor
from config.database.timeouts import locks_within
from legal.models import LegalText
from waiting.publishing import publish, publish_all

MAX_SEATS = 20
# s; others take a few ms. A seat that stays locked mustn't keep those who want other seats from a thread.
SEATS_WITHIN = 2


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


class TotalTooLarge(Exception):
    """The seats cost more together than one payment can be: ``most``, in minor units of ``currency``."""

    def __init__(self, most: int, currency: str) -> None:
        super().__init__(f"{most} {currency}")
        self.most = most
        self.currency = currency


class SoldOut(Exception):
    """There are fewer free seats than requested: only ``free``."""

    def __init__(self, free: int) -> None:
        super().__init__(str(free))
        self.free = free


@dataclass(frozen=True)
class Buyer:
    """
    The customer who books.

    ``account`` is None for guests, ``terms`` is None for non-members. ``language`` is that of their emails.
    ``accepted`` are the terms of sale that they agreed to, if the house has any.
    """

    name: str
    email: str
    account: User | None = None
    terms: Terms | None = None
    language: str = settings.LANGUAGE_CODE
    visitor: Visitor = UNKNOWN
    accepted: LegalText | None = None


def require_free(event: Event, *, labels: Collection[str], quantity: int) -> None:
    """
    Raise what holding these seats would raise, as far as one look tells, without a transaction or a lock.

    On the first morning of a sale most customers come too late, and must not keep the others waiting. Seats
    that are being taken at this moment still look free.
    """
    if labels:
        holders = dict(event.seats.filter(label__in=labels).order_by("pk").values_list("label", "booking"))
        _require_all(labels, holders)
    elif (free := len(event.seats.free().order_by().values_list("pk")[:quantity])) < quantity:
        raise too_few(event, free)


def too_few(event: Event, free: int) -> SoldOut | NotOnSale:
    """Return why there are only ``free`` seats: what has nothing to sell isn't sold out."""
    has_seats = free or getattr(event, "has_seats", None) or event.seats.exists()
    return SoldOut(free) if has_seats else NotOnSale(SaleStatus.SOON)


def _require_all(labels: Collection[str], holders: Mapping[str, int | None]) -> None:
    """Raise ``UnknownSeats`` or ``SeatsTaken`` unless all ``labels`` are of seats that nobody holds."""
    if unknown := sorted(set(labels) - holders.keys()):
        raise UnknownSeats(unknown)
    if taken := [label for label, holder in holders.items() if holder]:
        raise SeatsTaken(taken)


@transaction.atomic
def hold_seats(event: Event, buyer: Buyer, *, labels: Collection[str], until: datetime) -> Booking:
    """
    Hold the seats with these ``labels`` until ``until`` and return the booking.

    Raise ``NotOnSale``, ``UnknownSeats``, ``TotalTooLarge``, ``LockTimeout``, or ``SeatsTaken`` with the
    labels that are taken; then nothing is held. If two customers want the same seat, the second waits for the
    first one's transaction to end and then sees whether the seat is taken.
    """
    with locks_within(min(SEATS_WITHIN, settings.DATABASE_LOCK_SECONDS)):
        require_open_sale(event, buyer)
        seats = event.seats.filter(label__in=labels).lock()
    _require_all(labels, {seat.label: seat.booking_id for seat in seats})
    return _occupy(event, buyer, seats, until=until)


@transaction.atomic
def hold_best_available(event: Event, buyer: Buyer, *, quantity: int, until: datetime) -> Booking:
    """
    Hold the best ``quantity`` free seats (``lock_best``) until ``until`` and return the booking.

    Raise ``NotOnSale``, ``SoldOut``, ``TotalTooLarge`` or ``LockTimeout``; then nothing is held.
    """
    with locks_within(min(SEATS_WITHIN, settings.DATABASE_LOCK_SECONDS)):
        require_open_sale(event, buyer)
        # Skipped seats become free again if the other transaction fails, so wait for it before saying "sold
        # out".
        seats = lock_best(event, quantity) or event.seats.free().lock()
    if len(seats) < quantity:
        raise too_few(event, len(seats))
    return _occupy(event, buyer, seats[:quantity], until=until)


@transaction.atomic
def release(booking: Booking) -> bool:
    """
    Release the seats of a held booking; return False, and change nothing, if it isn't held any more.

    The caller has made sure that it can't be paid any more. Its status becomes cancelled if the customer
    cancelled the checkout, else released.
    """
    ended = Case(When(cancelled_at=None, then=Value("released")), default=Value("cancelled"))
    held = Booking.objects.filter(pk=booking.pk, status=BookingStatus.HELD)
    # The update locks the booking's row and checks its status again: a payment that confirms the booking at
    # this moment either comes first, and nothing matches here, or waits and finds the booking released.
    if not held.update(status=ended, released_at=timezone.now(), browser="", network=""):
        return False
    booking.seats.lock()
    booking.seats.update(booking=None)
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
    if buyer.account and buyer.terms:
        lock_member(buyer.account)
    if event.sale != SaleStatus.OPEN and not is_open_for_members(event, buyer.terms, now=timezone.now()):
        raise NotOnSale(event.sale)


def blocks(event: Event, free: Sequence[Seat], quantity: int) -> list[list[Seat]]:
    """Return every block of ``quantity`` adjacent seats in ``free`` (in row order), the best first."""
    runs = [list(free[start : start + quantity]) for start in range(len(free) - quantity + 1)]
    rows = {row: place for place, row in enumerate(dict.fromkeys(seat.row for seat in free))}
    ends = {row: first + last for row, first, last in event.seats.row_ends()}

    def distance(run: list[Seat]) -> tuple[int, int]:
        row = run[0].row
        return rows[row], abs(run[0].number + run[-1].number - ends[row])

    return sorted((run for run in runs if are_adjacent(run)), key=distance)


def are_adjacent(run: Sequence[Seat]) -> bool:
    first, last = run[0], run[-1]
    return first.row == last.row and last.number - first.number == len(run) - 1


def _occupy(event: Event, buyer: Buyer, seats: Sequence[Seat], *, until: datetime) -> Booking:
    """Create a booking with ``seats``, which are locked and free, at the customer's prices."""
    is_presale = event.sale == SaleStatus.UPCOMING
    prices = price_seats(event, seats, buyer.account, buyer.terms, is_presale=is_presale)
    if sum(priced.price for priced in prices) > MAXIMUM:
        raise TotalTooLarge(MAXIMUM, event.currency)
    booking = event.bookings.create(
        name=buyer.name,
        email=buyer.email,
        customer=buyer.account,
        language=buyer.language,
        accepted_terms=buyer.accepted,
        held_until=until,
        browser=buyer.visitor.browser,
        network=buyer.visitor.network,
        has_confirmed_email=buyer.visitor.has_confirmed_email,
    )
    # Whoever made the event a draft, or called it off, had all its seats locked, so that is over: look again.
    sold = Event.objects.public().exclude(status=EventStatus.CANCELLED)
    seats_of_it = Seat.objects.filter(Exists(sold.filter(pk=OuterRef("event"))))
    if not seats_of_it.filter(pk__in=[seat.pk for seat in seats]).update(booking=booking):
        raise NotOnSale(Event.objects.get(pk=event.pk).sale if event.is_draft else SaleStatus.CLOSED)
    BookedSeat.objects.bulk_create(
        BookedSeat(
            booking=booking,
            seat=priced.seat,
            price=priced.price,
            saving=priced.saving,
            for_member=priced.for_member,
        )
        for priced in prices
    )
    publish_all([*booking.topics, event.topic])
    return booking
