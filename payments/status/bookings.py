"""All bookings of a customer, as their dashboard shows them: a function of the database and nothing else."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from payments.models import PaymentStatus
from payments.models.payment import UNPAID
from payments.status.actions import OFFER_COLUMNS, offers
from payments.status.payment import COLUMNS, describe_row, read_rows
from waiting.conditional import etag

# Undecided for longer than this, a customer reads what happens next.
LATE = timedelta(minutes=10)

# A booking's payment is the one that bought it, else the last one that Stripe was asked for; an attempt that
# never reached Stripe isn't a booking in its customer's eyes.
ENTRIES = f"""
    SELECT {COLUMNS}, {OFFER_COLUMNS},
           payment.checkout_url, booking.created_at, booking.held_until,
           event.slug, event.venue
      FROM bookings_booking AS booking
      JOIN bookings_event AS event ON event.id = booking.event_id
      JOIN LATERAL (SELECT *
                      FROM payments_payment AS candidate
                     WHERE candidate.booking_id = booking.id AND candidate.session_id IS NOT NULL
                     ORDER BY candidate.problem = '' AND candidate.status <> ALL(%s) DESC, candidate.id DESC
                     LIMIT 1) AS payment ON TRUE
"""  # noqa: S608 - Nothing that anybody typed is in it.
OF_CUSTOMER = f"{ENTRIES} WHERE booking.customer_id = %s ORDER BY booking.created_at DESC, booking.id DESC"
OF_BOOKING = f"{ENTRIES} WHERE booking.reference = %s"


def describe_bookings(customer: User) -> list[dict[str, Any]]:
    """
    Return an entry for each booking of ``customer``, the newest first: what ``GET /api/bookings/sync`` lists.

    However many there are, it is one statement, so all of them are of one moment.
    """
    return [describe_entry(row) for row in read_rows(OF_CUSTOMER, list(UNPAID), customer.pk)]


def describe_booking(reference: str) -> dict[str, Any] | None:
    """Return the entry of one booking, or None where Stripe was never asked for a payment."""
    row = read_booking(reference)
    return describe_entry(row) if row else None


def read_booking(reference: str) -> SimpleNamespace | None:
    """Return the row that ``describe_entry`` takes, of one booking."""
    found = read_rows(OF_BOOKING, list(UNPAID), reference)
    return found[0] if found else None


def tag_of(customer: User, entries: list[dict[str, Any]]) -> str:
    """Return the entity tag of a customer's ``entries``; two customers without bookings have two tags."""
    return etag([customer.pk, entries])


def describe_entry(row: SimpleNamespace) -> dict[str, Any]:
    """Return a booking as ``GET /api/bookings/sync`` lists it."""
    return {
        **describe_row(row),
        "url": reverse("bookings:booking", args=[row.reference]),
        "event": {
            "url": reverse("bookings:event", args=[row.slug]),
            "venue": row.venue,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
        },
        "booking_status": row.booking_status,
        "created_at": row.created_at,
        "held_until": row.held_until,
        "checkout_url": row.checkout_url if _can_be_paid(row) else None,
        "actions": offers(row),
    }


def _can_be_paid(row: SimpleNamespace) -> bool:
    """Whether the booking's own session, once opened, still takes money that the customer means to pay."""
    is_open = row.status == PaymentStatus.PENDING and row.expires_at > timezone.now()
    return is_open and not row.cancelled_at
