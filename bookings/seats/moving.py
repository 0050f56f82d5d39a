"""Which other seats a customer can be moved to, at what price, and how the booked seats change."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import BookedSeat, Booking, Event, EventStatus, Seat, SeatState, Ticket
from bookings.money import increment
from bookings.orders.types import TypeSoldOut, lock_quotas
from bookings.orders.wishes import FULL_PRICE, Wish
from bookings.seats.kept import wake
from bookings.seats.occupying import occupy
from waiting.publishing import publish, publish_all


class NotMovable(Exception):
    """
    The customer can't be moved like that; the message says why, to staff.

    ``problems`` say it for single tickets, by their ids.
    """

    def __init__(self, why: str = "", *, problems: Mapping[int, str] | None = None) -> None:
        self.problems = dict(problems or {})
        super().__init__(why or " ".join(self.problems.values()))


@dataclass(frozen=True)
class Move:
    """A ``ticket`` that is to be for another seat: what was ``booked``, and ``instead``, not saved yet."""

    ticket: Ticket
    booked: BookedSeat
    instead: BookedSeat

    def __str__(self) -> str:
        return f"{self.booked.seat} → {self.instead.seat}"


def seats_named(event: Event, labels: Collection[str]) -> Q:
    """Return the condition for the seats of ``event`` with these labels, in small letters or capitals."""
    capitals = [label.upper() for label in labels]
    return Q(pk__in=event.seats.alias(capitals=Upper("label")).filter(capitals__in=capitals).values("pk"))


def plan_moves(booking: Booking, wanted: Mapping[Ticket, str], seats: Collection[Seat]) -> list[Move]:
    """
    Return the moves of tickets of ``booking`` to the seats with the ``wanted`` labels, at their prices.

    ``seats`` are those of the event that have these labels, as far as there are such. Raise ``NotMovable``.
    """
    by_label = {seat.label.upper(): seat for seat in seats}
    booked = {one.seat_id: one for one in booking.booked_seats.current().select_related("seat", "type")}
    named = Counter(label.upper() for label in wanted.values())
    problems = {
        ticket.pk: why
        for ticket, label in wanted.items()
        if (why := _problem(ticket, label, by_label.get(label.upper()), booked, named))
    }
    if problems:
        raise NotMovable(problems=problems)
    return [
        Move(
            ticket, booked[ticket.seat_id], _rebook(booked[ticket.seat_id], by_label[label.upper()], booking)
        )
        for ticket, label in sorted(wanted.items(), key=lambda item: item[0].seat_id)
    ]


def why_event_keeps_seats(event: Event) -> str:
    """Return why nobody is moved at ``event``; empty if they can be. The sale may be over."""
    if event.status == EventStatus.CANCELLED:
        return _("The event is cancelled.")
    if event.ends_at <= timezone.now():
        return _("The event is over.")
    return _("The event is a draft.") if event.is_draft else ""


def _problem(
    ticket: Ticket, label: str, seat: Seat | None, booked: Mapping[int, BookedSeat], named: Counter[str]
) -> str:
    """Return why ``ticket`` can't be moved to ``seat``, which is called ``label``; empty if it can."""
    where = {"seat": seat.label if seat else label}
    if seat is None:
        return _("This event has no seat %(seat)s.") % where
    if seat.pk == ticket.seat_id:
        return _("%(seat)s is the current seat.") % where
    if named[label.upper()] > 1:
        return _("%(seat)s is listed twice.") % where
    if seat.booking_id == ticket.booking_id:
        return _("%(seat)s already belongs to this booking.") % where
    if seat.booking is not None:
        is_sold = seat.booking.confirmed_at is not None
        words = _("%(seat)s is sold.") if is_sold else _("%(seat)s is on hold for another buyer.")
        return words % where
    if seat.state == SeatState.NO_PLACE:
        return _("%(seat)s isn’t available.") % where
    if seat.pk in booked:
        return _("%(seat)s was cancelled in this booking. Choose another.") % where
    return ""


def _rebook(booked: BookedSeat, seat: Seat, booking: Booking) -> BookedSeat:
    """Return ``seat`` as booked instead: at its price, with a member's saving and a coupon in proportion."""
    currency = booking.event.currency
    unit = increment(currency)
    full = booked.type.price_of(seat.price, currency) if booked.type else seat.price
    saving = _part(full, booked.saving, booked.full_price, unit)
    discount = _part(full, booked.discount, booked.full_price, unit)
    price = full - saving - discount
    paid = None if booked.paid is None else _part(price, booked.paid, booked.price, unit)
    return BookedSeat(
        booking=booking,
        seat=seat,
        type=booked.type,
        price=price,
        discount=discount,
        list_price=seat.price if booked.type else None,
        saving=saving,
        paid=paid,
        for_member=booked.for_member,
        sold_price=booked.price if booked.sold_price is None else booked.sold_price,
        sold_for=booked.worth if booked.sold_for is None else booked.sold_for,
    )


def _part(whole: int, share: int, of: int, unit: int) -> int:
    """Return the part of ``whole`` that ``share`` is of ``of``, in whole units; of an equal sum, the same."""
    if whole == of:
        return share
    if not of:  # It was free, and the other one isn't.
        return 0
    part = whole * share // of
    return part - part % unit


def move_seats(booking: Booking, moves: Sequence[Move]) -> None:
    """Book the new seats and free the old ones; the caller has locked the booking and all of them."""
    old = [move.booked for move in moves]
    BookedSeat.objects.filter(pk__in=[one.pk for one in old]).update(replaced_at=timezone.now(), moved=True)
    new = BookedSeat.objects.bulk_create(move.instead for move in moves)
    booking.seats.filter(pk__in=[one.seat_id for one in old]).update(booking=None)
    occupy(new)
    wake(booking.event)
    publish(booking.event.topic)


def hold_instead(booking: Booking, moves: Sequence[Move], *, until: datetime) -> Booking:
    """
    Hold the new seats in a booking of their own for the same customer, and return it.

    The caller has locked the seats. A coupon of the first purchase doesn't count; a member's saving does.
    Until it is paid, both the old and the new seats are of their type: raise ``NotMovable`` if its quota
    has no room for that.
    """
    wanted = [move.instead for move in moves]
    slugs = {one.seat.label: one.type.slug if one.type else FULL_PRICE for one in wanted}
    try:
        lock_quotas([one.type for one in wanted], Wish(seats=slugs))
    except TypeSoldOut as error:
        words = _("Only %(free)d × %(type)s left. The exchange needs one for each seat until it’s paid.")
        raise NotMovable(words % {"type": error.type, "free": error.free}) from error
    own = booking.event.bookings.create(
        name=booking.name,
        email=booking.email,
        customer=booking.customer,
        language=booking.language,
        accepted_terms=booking.accepted_terms,
        held_until=until,
    )
    for move in moves:
        instead = move.instead
        instead.booking, instead.paid, instead.sold_price, instead.sold_for = own, None, None, None
    occupy(BookedSeat.objects.bulk_create(move.instead for move in moves))
    publish_all([*own.topics, booking.event.topic])
    return own
