"""Places and ticket types in words, as customers read them."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.models import AreaKind, BookedSeat, Booking, Seat, Ticket


def spell_place(seat: Seat) -> str:
    """Return where a place is: its row and number, or the area where it has none."""
    if seat.area and seat.area.is_standing:
        return seat.area.name
    words = _("Row %(row)s, seat %(number)s") % {"row": seat.row, "number": seat.number}
    return f"{seat.area.name}: {words}" if seat.area else words


def spell_kind(ticket: Ticket) -> str:
    """Return whom a ticket is for, and whether they have to prove it; ``with_kinds`` spares a statement."""
    if not hasattr(ticket, "kind_name"):
        ticket = Ticket.objects.with_kinds().get(pk=ticket.pk)
    return _spell(ticket.kind_name or "", ticket.kind_proof)  # type: ignore[attr-defined]


def _spell(name: str, needs_proof: bool | None) -> str:
    return " · ".join([name, _("show proof at the door")]) if needs_proof else name


def name_place(booked: BookedSeat) -> str:
    """Return a place by its label, with its type if it has one: ``A-1, Child``."""
    return f"{booked.seat.label}, {booked.type}" if booked.type else booked.seat.label


def list_places(booked: Iterable[BookedSeat]) -> list[str]:
    """
    Return what was booked, seat by seat, and places without numbers together.

    Such as ``A-1, Child`` and ``2 × Floor, Adult``. They come with their seats, areas and types.
    """
    seats, places = [], Counter[str]()
    for one in booked:
        if one.seat.area and one.seat.area.is_standing:
            places[f"{one.seat.area}, {one.type}" if one.type else one.seat.area.name] += 1
        else:
            seats.append(name_place(one))
    return [*seats, *(f"{number} × {words}" for words, number in places.items())]


def typed_places(booking: Booking) -> list[str]:
    """Return what ``list_places`` does for ``booking``; nothing if the labels of its seats say it all."""
    booked = list(booking.booked_seats.current().with_places())
    places = list_places(booked)
    return places if places != [one.seat.label for one in booked] else []


def typed_places_of(customer: User) -> dict[str, list[str]]:
    """Return what ``list_places`` does for each booking of ``customer`` with types or standing places."""
    typed = Q(booked_seats__type__isnull=False) | Q(booked_seats__seat__area__kind=AreaKind.STANDING)
    bookings = customer.bookings.filter(typed)
    booked: dict[str, list[BookedSeat]] = defaultdict(list)
    of_all = BookedSeat.objects.current().with_places().filter(booking__in=bookings)
    for one in of_all.select_related("booking", "seat__area", "type"):
        booked[one.booking.reference].append(one)
    return {reference: list_places(places) for reference, places in booked.items()}
