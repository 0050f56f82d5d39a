"""Read Stripe's objects and the shop's rows, without using the project's own code."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import httpx

from tests.browser.support.mailbox import read_all
from tests.crash.stack import Stack

Row = dict[str, Any]

PAYMENTS = """
    SELECT payment.*, booking.email, booking.status AS booking_status, booking.confirmed_at,
           booking.ticket_reference,
           ARRAY(SELECT seat_id FROM bookings_bookedseat AS booked
                  WHERE booked.booking_id = booking.id AND replaced_at IS NULL ORDER BY seat_id) AS wanted,
           ARRAY(SELECT seat_id FROM bookings_ticket AS ticket
                  WHERE ticket.booking_id = booking.id ORDER BY seat_id) AS ticketed,
           ARRAY(SELECT seat_id FROM bookings_ticket AS ticket
                  WHERE ticket.booking_id = booking.id AND status <> 'void' ORDER BY seat_id) AS admitted,
           ARRAY(SELECT id FROM bookings_seat AS seat
                  WHERE seat.booking_id = booking.id ORDER BY id) AS occupied,
           (SELECT count(*) FROM payments_transition AS step
             WHERE step.payment_id = payment.id
               AND from_status IN ('pending', 'processing', 'failed', 'expired')
               AND to_status NOT IN ('pending', 'processing', 'failed', 'expired')) AS times_paid
      FROM payments_payment AS payment
      JOIN bookings_booking AS booking ON booking.id = payment.booking_id
     ORDER BY payment.id
"""
SEATS = """
    SELECT label, count(ticket.id) AS admitted
      FROM bookings_seat AS seat
      JOIN bookings_ticket AS ticket ON ticket.seat_id = seat.id AND ticket.status <> 'void'
     GROUP BY label
"""


@dataclass(frozen=True)
class Books:
    """Stripe's objects, the shop's rows, and the emails that customers got."""

    sessions: list[Row]
    intents: dict[str, Row]
    charges: dict[str, Row]
    refunds: dict[str, list[Row]]  # by payment intent, as disputes are
    disputes: dict[str, list[Row]]
    payments: list[Row]
    our_refunds: list[Row]
    our_disputes: list[Row]
    seats: list[Row]
    mailed: set[tuple[str, str]]  # address and reference of the booking

    def charge_of(self, session: Row) -> Row:
        """Return the charge that paid for a session."""
        return self.charges[self.intents[session["payment_intent"]]["latest_charge"]]


def read(stack: Stack) -> Books:
    def stripes(kind: str) -> list[Row]:
        asked = httpx.get(f"{stack.stripe}/_sandbox/objects", params={"kind": kind}, timeout=60)
        return list(asked.raise_for_status().json()["objects"])

    rows = stack.postgres.rows
    return Books(
        sessions=stripes("checkout.session"),
        intents={intent["id"]: intent for intent in stripes("payment_intent")},
        charges={charge["id"]: charge for charge in stripes("charge")},
        refunds=by_intent(stripes("refund")),
        disputes=by_intent(stripes("dispute")),
        payments=rows(PAYMENTS),
        our_refunds=rows("SELECT refund_id, amount, currency, status FROM payments_refund"),
        our_disputes=rows("SELECT dispute_id, amount, currency, status FROM payments_dispute"),
        seats=rows(SEATS),
        mailed={(str(mail["To"]), reference_of(mail["Message-ID"])) for mail in read_all(stack.mails)},
    )


def by_intent(objects: list[Row]) -> dict[str, list[Row]]:
    sorted_in: dict[str, list[Row]] = defaultdict(list)
    for one in objects:
        sorted_in[one["payment_intent"]].append(one)
    return sorted_in


def reference_of(message_id: str) -> str:
    """Return the booking's reference in the Message-ID of an email with tickets."""
    return str(message_id).removeprefix("<tickets.").partition("@")[0].partition(".")[0]
