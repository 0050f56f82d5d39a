"""Rows of the door, made without a door: for tests of what is done with them later."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from bookings.models import Device, Entry, Event, Scan, Ticket


def make_row_of_device(*events: Event, **more: Any) -> Device:
    """Return a device that was paired."""
    now = timezone.now()
    made = {"name": "North, phone 2", "code_until": now, "paired_at": now, "secret_hash": uuid4().hex * 2}
    device = Device.objects.create(**{**made, "expires_at": now + timedelta(hours=12), **more})
    device.events.set(events)
    return device


def make_scan(ticket: Ticket, at: datetime, **more: Any) -> Scan:
    """Return a scan that let somebody in, of a device of its own unless that is named."""
    event = ticket.seat.event
    fields = {"device": more.pop("device", None) or make_row_of_device(event), "verdict": "admitted", **more}
    return Scan.objects.create(
        nonce=uuid4(), content="0" * 64, event=event, ticket=ticket, scanned_at=at, corrected_at=at, **fields
    )


def make_entry(ticket: Ticket, at: datetime, *, scan: Scan | None = None, **more: Any) -> Entry:
    """Return the entry of somebody with ``ticket``."""
    scan = scan or make_scan(ticket, at)
    fields = {"event": ticket.seat.event, "seat": ticket.seat, "ticket": ticket, **more}
    return Entry.objects.create(scan=scan, entered_at=at, **fields)
