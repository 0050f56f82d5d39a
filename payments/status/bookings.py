"""Bookings as the dashboard and ``GET /api/bookings/sync`` list them, from the database alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from bookings.models import BookingStatus
from bookings.when.zones import zone_of
from payments.durations import LATE_AFTER
from payments.models import PaymentStatus
from payments.models.payment import UNDECIDED
from payments.status.actions import Actions, describe_actions
from payments.status.payment import PaymentState, describe_row
from payments.status.queries import find_booking, list_bookings
from payments.status.row import BookingRow
from waiting.conditional import etag


class EventInEntry(TypedDict):
    url: str
    venue: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime


class Entry(PaymentState):
    """A booking as ``GET /api/bookings/sync`` lists it."""

    url: str
    event: EventInEntry
    booking_status: BookingStatus
    created_at: datetime
    held_until: datetime
    checkout_url: str | None
    actions: Actions


class Card(Entry):
    """
    An entry as the dashboard shows it.

    ``number`` is the booking number that people read and say, from the beginning on.
    ``late_in`` is in how many ms the payment will have been undecided for too long, None once it is decided.
    ``is_past``: the event is over, or the booking is, and no refund of it is on its way.
    """

    version: str
    number: str | None
    admits: bool
    is_past: bool
    late_in: int | None


def describe_bookings(customer: User) -> list[Entry]:
    """Return an entry for each booking of ``customer``, the newest first, all as they were at one moment."""
    return [describe_entry(row) for row in list_bookings(customer)]


def describe_booking(reference: str) -> Entry | None:
    """Return the entry of one booking, or None if it has no Checkout Session."""
    row = find_booking(reference)
    return describe_entry(row) if row else None


def tag_of(customer: User, entries: Sequence[Entry]) -> str:
    """Return the entity tag of a customer's ``entries``; two customers without bookings have two tags."""
    return etag([customer.pk, entries])


def describe_entry(row: BookingRow) -> Entry:
    """Return the entry for a row that was read before."""
    zone = zone_of(row.time_zone)
    return {
        **describe_row(row),
        "url": reverse("bookings:booking", args=[row.reference]),
        "event": {
            "url": reverse("bookings:event", args=[row.slug]),
            "venue": row.venue,
            "time_zone": zone.key,
            "starts_at": row.starts_at.astimezone(zone),
            "ends_at": row.ends_at.astimezone(zone),
        },
        "booking_status": row.booking_status,
        "created_at": row.created_at,
        "held_until": row.held_until,
        "checkout_url": row.checkout_url if row.is_payable(timezone.now()) else None,
        "actions": describe_actions(row),
    }


def describe_card(row: BookingRow, *, now: datetime) -> Card:
    """Return the card of a row that was read before, as the dashboard shows it at ``now``."""
    entry = describe_entry(row)
    late_in = int((entry["created_at"] + LATE_AFTER - now).total_seconds() * 1000)
    # Whoever has yet to pay by instructions is waited for, not the other way round.
    is_waited_for = entry["status"] in UNDECIDED and not entry["instructions_url"]
    return {
        **entry,
        "version": etag(entry),
        "number": row.ticket_reference,
        "admits": any(ticket["success"] for ticket in entry["tickets"]),
        "is_past": entry["event"]["ends_at"] <= now or _is_over(entry),
        "late_in": max(0, late_in) if is_waited_for else None,
    }


def _is_over(entry: Entry) -> bool:
    is_ended = entry["booking_status"] in (BookingStatus.RELEASED, BookingStatus.CANCELLED)
    return is_ended and entry["status"] not in (PaymentStatus.REFUND_DUE, PaymentStatus.DISPUTED)


def in_order(cards: Sequence[Card]) -> list[Card]:
    """Return the cards of what is to come, the next event first, and then the others, the last one first."""
    upcoming = sorted((card for card in cards if not card["is_past"]), key=_starts_at)
    past = sorted((card for card in cards if card["is_past"]), key=_starts_at, reverse=True)
    return [*upcoming, *past]


def _starts_at(card: Card) -> datetime:
    return card["event"]["starts_at"]
