"""
The list of an event's tickets that a device keeps, to judge by itself when there is no network.

It has every ticket, valid or not: one that isn't in it can only be younger than the list. It has digests in
place of codes, so nobody can open a guest's page with it.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from bookings.models import Event, SeatNote
from bookings.models.ticket import REPLACING_REASONS

# No transaction that writes takes longer. Those that take longer, such as a backup's, only read.
LONGEST_WRITE = timedelta(seconds=60)
DIGITS = 14  # of a version, in milliseconds; more are no date
OLDEST = timedelta(days=1)  # An older list is read whole.

# What is being written while a list is read is in the next one, which goes on from when the oldest open
# transaction began. Where PostgreSQL doesn't say when, as of other roles, it may be the longest there is.
VERSION = """
    SELECT statement_timestamp(),
           CASE WHEN bool_or(state IS NULL OR state = 'disabled') THEN statement_timestamp() - %(longest)s
                ELSE greatest(statement_timestamp() - %(longest)s,
                              least(statement_timestamp(), min(xact_start))) END
      FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
ROWS = """
    SELECT encode(substring(sha256(ticket.code::bytea) for 12), 'hex'),
           CASE WHEN ticket.stopped_for = ANY(%(replacing)s) THEN 'replaced' ELSE ticket.status END,
           ticket.stopped_for, seat.label, coalesce(nullif(ticket.name, ''), booking.name),
           concat_ws(' · ', type.name, area.name), seat.notes, coalesce(type.proof, false),
           booking.ticket_reference, entry.entered_at, scan.gate, entry.left_at
      FROM bookings_ticket AS ticket
      JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
      JOIN bookings_booking AS booking ON booking.id = ticket.booking_id
      LEFT JOIN bookings_area AS area ON area.id = seat.area_id
      LEFT JOIN LATERAL (
               SELECT kind.name, kind.proof
                 FROM bookings_bookedseat AS booked
                 JOIN bookings_tickettype AS kind ON kind.id = booked.type_id
                WHERE booked.booking_id = booking.id AND booked.seat_id = seat.id
                ORDER BY booked.id DESC LIMIT 1) AS type ON TRUE
      LEFT JOIN LATERAL (
               SELECT * FROM bookings_entry AS of_seat
                WHERE of_seat.seat_id = seat.id AND of_seat.undone_at IS NULL AND of_seat.conflict = ''
                ORDER BY of_seat.left_at IS NULL DESC, of_seat.id DESC LIMIT 1) AS entry
        ON entry.ticket_id = ticket.id
      LEFT JOIN bookings_scan AS scan ON scan.id = entry.scan_id
     WHERE seat.event_id = %(event)s {only}
     ORDER BY ticket.id
"""
CHANGED = """
    AND ticket.id = ANY(ARRAY(
        SELECT changed.id
          FROM bookings_ticket AS changed
          JOIN bookings_seat AS its ON its.id = changed.seat_id
         WHERE changed.changed_at >= %(since)s AND its.event_id = %(event)s
         UNION
        SELECT ticket_id FROM bookings_entry WHERE event_id = %(event)s AND changed_at >= %(since)s))
"""
WHOLE, SINCE = ROWS.format(only=""), ROWS.format(only=CHANGED)

Row = list[Any]


class Listed(NamedTuple):
    """
    The ``rows`` that a device needs to have the list as it was at ``version``.

    Each is ``[digest, status, reason, seat, name, category, notes, group, since, gate, until]``: ``group`` is
    the booking's number, ``since`` when somebody came in with it, at ``gate``, and ``until`` when they left
    (ISO 8601, or null). ``is_whole``: there are no others.
    """

    version: str
    rows: list[Row]
    is_whole: bool


def list_tickets(event: Event, since: str = "") -> Listed:
    """
    Return what has changed since the version ``since``; all if that is unknown.

    A version is a time of the database's clock, which dates the changes as well. What others were writing
    then may come again.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"longest": LONGEST_WRITE}
        cursor.execute(VERSION, values)  # Before the rows: it covers all that they don't show.
        now, version = cursor.fetchone()
        start = _read_version(since, now)
        values = {"event": event.pk, "replacing": list(REPLACING_REASONS), "since": start}
        cursor.execute(SINCE if start else WHOLE, values)
        rows = [_row(found) for found in cursor.fetchall()]
    return Listed(str(int(version.timestamp() * 1000)), rows, is_whole=start is None)


def digest_rows(rows: Iterable[Row]) -> str:
    """
    Return the digest of a whole list, by which a device knows whether it has missed anything.

    SHA-256 in hex of the rows as JSON without spaces, by the digests of their tickets, a line feed between.
    """
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in sorted(rows, key=_first))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _first(row: Row) -> str:
    return str(row[0])


def _read_version(since: str, now: datetime) -> datetime | None:
    if not (since.isascii() and since.isdigit() and len(since) <= DIGITS):
        return None
    known = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(since))
    return known if now - OLDEST < known <= now else None


def _row(found: tuple[Any, ...]) -> Row:
    *who, notes, proof, group, since, gate, until = found
    return [*who, _notes(notes, proof), group or "", _iso(since), gate or "", _iso(until)]


def _notes(notes: str, proof: bool) -> list[str]:
    if not notes and not proof:
        return []
    known = {value: str(label) for value, label in SeatNote.choices}
    given = [note.strip() for note in notes.split(",") if note.strip()]
    return [_("Show proof")] * proof + [known.get(note.lower(), note) for note in given]


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
