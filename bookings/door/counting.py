"""How many are inside and how many are expected, for everybody at the door."""

import time
from typing import TypedDict

from bookings.models import Event
from config.database.compiled import execute

LARGE = 2_000  # tickets; of more than these it takes longer to count them than to scan one
FRESH = 2.0  # s, that the counts of so many are kept
BY_GATE = """
    SELECT scan.gate, count(*), count(*) FILTER (WHERE entry.entered_at > now() - interval '1 minute')
      FROM bookings_entry AS entry
      JOIN bookings_scan AS scan ON scan.id = entry.scan_id
     WHERE entry.event_id = %s AND entry.left_at IS NULL AND entry.undone_at IS NULL AND entry.conflict = ''
     GROUP BY scan.gate ORDER BY scan.gate
"""

EXPECTED = """
    SELECT count(*)
      FROM bookings_ticket AS ticket
      JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
     WHERE seat.event_id = %s AND ticket.status = 'valid'
"""


class Counts(TypedDict):
    """``by_gate``: how many of those ``inside`` came in at each gate; ``per_minute``: of the last minute."""

    inside: int
    expected: int
    per_minute: int
    by_gate: dict[str, int]


_large: dict[int, tuple[float, Counts]] = {}  # by event: until when, and its counts


def count(event: Event) -> Counts:
    """Return who is inside, and how many valid tickets there are; of a large event as it was seconds ago."""
    until, counts = _large.get(event.pk, (0.0, None))
    if counts is None or time.monotonic() > until:
        counts = _count(event)
        if counts["expected"] > LARGE:
            _large[event.pk] = (time.monotonic() + FRESH, counts)
    return counts


def _count(event: Event) -> Counts:
    with execute(BY_GATE, [event.pk]) as cursor:
        gates = cursor.fetchall()
    with execute(EXPECTED, [event.pk]) as cursor:
        (expected,) = cursor.fetchone()
    return {
        "inside": sum(inside for _gate, inside, _recent in gates),
        "expected": expected,
        "per_minute": sum(recent for _gate, _inside, recent in gates),
        "by_gate": {gate: inside for gate, inside, _recent in gates},
    }
