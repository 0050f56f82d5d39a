"""How many are inside and how many are expected, for everybody at the door."""

import time
from typing import TypedDict

from bookings.models import Entry, Event, Ticket, TicketStatus

LARGE = 2_000  # tickets; of more than these it takes longer to count them than to scan one
FRESH = 2.0  # s, that the number of so many is kept


class Counts(TypedDict):
    inside: int
    expected: int


_large: dict[int, tuple[float, int]] = {}  # by event: until when, and how many are expected


def count(event: Event) -> Counts:
    """Return who is inside, and how many valid tickets there are: of a large event a few seconds ago."""
    inside = Entry.objects.open().filter(event=event).count()
    return {"inside": inside, "expected": _expected(event)}


def _expected(event: Event) -> int:
    until, expected = _large.get(event.pk, (0.0, 0))
    if time.monotonic() < until:
        return expected
    expected = Ticket.objects.filter(seat__event=event, status=TicketStatus.VALID).count()
    if expected > LARGE:
        _large[event.pk] = (time.monotonic() + FRESH, expected)
    return expected
