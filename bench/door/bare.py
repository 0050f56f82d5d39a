"""The least that letting in can cost: its rows, by psycopg alone, which reads and checks nothing."""

import time
from collections.abc import Sequence
from uuid import uuid4

import psycopg

from bench.door.house import Guest, House

LOCK = "SELECT 1 FROM bookings_seat WHERE id = %s FOR NO KEY UPDATE"
SCAN = """
    INSERT INTO bookings_scan (nonce, content, device_id, person, gate, event_id, ticket_id, digest,
        direction, kind, scanned_at, corrected_at, received_at, was_offline, shown, verdict, note)
    VALUES (%s, %s, %s, '', 'North', %s, %s, %s, 'in', 'code', now(), now(), now(), false, '', 'admitted', '')
    RETURNING id"""
ENTRY = """
    INSERT INTO bookings_entry (event_id, seat_id, ticket_id, scan_id, entered_at, undone_by, undone_why,
        conflict, settled_by, settled_how)
    VALUES (%s, %s, %s, %s, now(), '', '', '', '', '')"""
SEEN = "UPDATE bookings_device SET last_seen_at = now() WHERE id = %s"


def bare_rate(database_url: str, house: House, guests: Sequence[Guest]) -> float:
    """Let ``guests`` in over one connection, and return how many a second."""
    device = house.device_ids[0]
    with psycopg.connect(database_url) as connection:
        began = time.perf_counter()
        for guest in guests:
            connection.execute(SEEN, [device])
            connection.commit()
            connection.execute(LOCK, [guest.seat_id])
            known = [uuid4(), "0" * 64, device, house.event_id, guest.ticket_id, "0" * 24]
            row = connection.execute(SCAN, known).fetchone()
            assert row
            connection.execute(ENTRY, [house.event_id, guest.seat_id, guest.ticket_id, row[0]])
            connection.commit()
        return len(guests) / (time.perf_counter() - began)
