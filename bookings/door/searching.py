"""Find a guest whose phone is empty: by name, booking number or seat."""

from bookings.models import Booking, Event, Ticket
from bookings.search import find_bookings

MOST = 20  # More than fit on a phone help nobody.


def search(event: Event, typed: str) -> list[Ticket]:
    """
    Return the tickets of ``event`` that may be meant by what was ``typed``, of the newest bookings first.

    Each booking's tickets come together; those of a seat that was typed come first.
    """
    wanted = " ".join(typed.replace("\0", " ").split())
    if not wanted:
        return []
    found = find_bookings(wanted, among=Booking.objects.filter(event=event))
    tickets = Ticket.objects.unreplaced().with_kinds().filter(booking__in=found, seat__event=event)
    known = list(
        tickets.select_related("seat__area", "booking")
        .defer("qr_png")
        .order_by("-booking", "pk")[: 10 * MOST]
    )
    return sorted(known, key=lambda ticket: _plain(ticket.seat.label) != _plain(wanted))[:MOST]


def _plain(label: str) -> str:
    return label.upper().replace("-", "").replace(" ", "")
