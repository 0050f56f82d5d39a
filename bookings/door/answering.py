"""The answer to a recorded scan: what the screen at the door shows."""

from typing import Any

from django.utils.translation import gettext as _

from bookings.door.attempts import Attempt
from bookings.door.recording import Recorded
from bookings.models import SeatNote, Ticket, Verdict
from bookings.tickets.tokens import digest
from config.database.compiled import execute

# By the booking: the codes of its valid tickets, and whether somebody is in their seats.
GROUP = """
    SELECT ticket.code, EXISTS(
               SELECT FROM bookings_entry AS entry
                WHERE entry.seat_id = ticket.seat_id AND entry.left_at IS NULL AND entry.undone_at IS NULL
                  AND entry.conflict = '')
      FROM bookings_ticket AS ticket
     WHERE ticket.booking_id = %s AND ticket.status = 'valid'
     ORDER BY ticket.id
"""


def answer(recorded: Recorded, attempt: Attempt) -> dict[str, Any]:
    """Return the answer to one scan, as JSON has it."""
    scan, inside = recorded.scan, recorded.inside
    # Guests of other events are nothing to a device.
    ticket = None if scan.verdict == Verdict.WRONG_EVENT else recorded.ticket
    said: dict[str, Any] = {
        "nonce": str(attempt.nonce),
        "recorded": True,
        "verdict": scan.verdict,
        "message": recorded.message,
        **describe(ticket),
        "group": group_of(ticket) if ticket else None,
        "inside_since": inside.corrected_at if inside else None,
        "other_name": _other_name(recorded),
        "gate": inside.gate if inside else scan.gate,
    }
    if recorded.is_reused:
        message = _("Another scan had this number already. This one is recorded beside it.")
        said["error"] = {"code": "nonce_reused", "message": message}
    return said


def describe(ticket: Ticket | None) -> dict[str, Any]:
    """Return where and whose ``ticket`` from ``with_kinds`` is, and what to look at; nothing without one."""
    if ticket is None:
        return {"ticket": "", "seat": "", "name": "", "category": "", "notes": []}
    return {
        "ticket": digest(ticket.code),
        "seat": ticket.seat.label,
        "name": ticket.holder,
        "category": category_of(ticket),
        "notes": notes_of(ticket),
    }


def category_of(ticket: Ticket) -> str:
    """Return the type and the area of ``ticket``, as far as it has them: ``Child · Floor``."""
    area = ticket.seat.area.name if ticket.seat.area else ""
    return " · ".join(filter(None, [ticket.kind_name, area]))  # type: ignore[attr-defined]


def notes_of(ticket: Ticket) -> list[str]:
    """Return what somebody at the door has to look at."""
    known = dict(SeatNote.choices)
    notes = [str(known.get(note, note)) for note in ticket.seat.notes_given]
    return [_("Show proof"), *notes] if ticket.kind_proof else notes  # type: ignore[attr-defined]


def group_of(ticket: Ticket) -> dict[str, Any]:
    """Return how many of the booking's valid tickets are inside, and the digests of the others."""
    with execute(GROUP, [ticket.booking_id]) as cursor:
        rows = cursor.fetchall()
    others = [digest(code) for code, is_inside in rows if not is_inside]
    return {"in": len(rows) - len(others), "of": len(rows), "others": others}


def _other_name(recorded: Recorded) -> str:
    """Return whose ticket somebody came in with who has the seat, if it is another."""
    inside, ticket = recorded.inside, recorded.ticket
    if inside is None or inside.ticket is None or ticket is None or inside.ticket_id == ticket.pk:
        return ""
    return inside.ticket.holder
