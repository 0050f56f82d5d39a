"""The status of a payment as the customer may see it: a function of the database and nothing else."""

from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.messages import WHY_STOPPED
from bookings.models import StopReason
from payments.models.payment import SESSION_ID, UNPROCESSED
from payments.status.messages import message
from waiting.conditional import etag

# What the customer may see of a payment, its booking and its event. Written by hand because every waiting
# page asks for it twice in half a minute, and the ORM takes ten times as long to write it each time.
COLUMNS = """
           payment.session_id, payment.status, payment.problem, payment.processed_at, payment.error_message,
           payment.stripe_state, payment.checked_at, payment.amount, payment.currency,
           payment.amount_received, payment.currency_received, payment.payment_intent_id,
           booking.reference, booking.name, booking.email, booking.ticket_reference, booking.cancelled_at,
           booking.mailed_at, event.title, event.changed_at AS event_changed_at,
           payment.expires_at, event.cancellable_until, event.sales_until, event.starts_at, event.ends_at,
           ARRAY(SELECT ARRAY[seat.label, booked.replaced_at::text]
                   FROM bookings_bookedseat AS booked
                   JOIN bookings_seat AS seat ON seat.id = booked.seat_id
                  WHERE booked.booking_id = booking.id
                  ORDER BY seat.id) AS booked,
           ARRAY(SELECT ARRAY[refund.status, refund.amount::text, refund.id::text, refund.replaces_id::text,
                              refund.fee::text]
                   FROM payments_refund AS refund
                  WHERE refund.payment_id = payment.id
                    AND refund.waived_at IS NULL AND refund.error_code <> 'withdrawn') AS refunds,
           EXISTS(SELECT FROM payments_dispute AS dispute
                   WHERE dispute.payment_id = payment.id AND dispute.status = 'lost') AS is_lost,
           ARRAY(SELECT ARRAY[seat.label, ticket.code, ticket.stopped_for, ticket.drawing_error]
                   FROM bookings_ticket AS ticket
                   JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
                  WHERE ticket.booking_id = booking.id AND ticket.stopped_for <> 'renamed'
                  ORDER BY seat.id, ticket.id) AS tickets
"""

# One statement, so that payment, booking and tickets are of one moment.
STATE = f"""
    SELECT {COLUMNS}
      FROM payments_payment AS payment
      JOIN bookings_booking AS booking ON booking.id = payment.booking_id
      JOIN bookings_event AS event ON event.id = booking.event_id
     WHERE payment.session_id = %s
"""  # noqa: S608 - Nothing that anybody typed is in it.


class Report(NamedTuple):
    """How a payment stands, as ``describe`` returns it, and the entity tag of that."""

    state: dict[str, Any]
    version: str


def report(session_id: str) -> Report | None:
    """Return how the payment of a session stands, or None if no payment here has it."""
    if not SESSION_ID.fullmatch(session_id):
        return None
    found = read_rows(STATE, session_id)
    return report_row(found[0]) if found else None


def report_row(row: SimpleNamespace) -> Report:
    """
    Return what ``report`` does, of a row that was read.

    The tag follows all that the booking's page says besides the status: how each refund stands, whether the
    tickets were mailed, when and where the event is, and which of its deadlines have passed.
    """
    state, now = describe_row(row), timezone.now()
    ends = (row.expires_at, row.cancellable_until, row.sales_until, row.starts_at, row.ends_at)
    passed = [end is not None and end <= now for end in ends]
    return Report(state, etag([state, row.refunds, row.mailed_at, row.event_changed_at, passed]))


def describe(session_id: str) -> dict[str, Any] | None:
    """
    Return the JSON object of ``GET /api/payment-status``, or None if no payment here has this session.

    The id may be anything that a stranger typed. Amounts are in the minor unit; the customer's address is
    masked, because whoever holds the session's id may ask.
    """
    found = report(session_id)
    return found.state if found else None


def read_rows(query: str, *values: Any) -> list[SimpleNamespace]:
    """Return what ``query``, which has ``COLUMNS``, finds: each row is ready to be described."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [column.name for column in cursor.description]
        return [_sort(SimpleNamespace(**dict(zip(names, found, strict=True)))) for found in cursor]


def _sort(row: SimpleNamespace) -> SimpleNamespace:
    """Tell the lost seats of ``row`` from its own, and leave out refunds that others were made for."""
    row.seats = [label for label, replaced_at in row.booked if replaced_at is None]
    row.lost_seats = [label for label, replaced_at in row.booked if replaced_at is not None]
    replaced = {replaces for _status, _amount, _id, replaces, _fee in row.refunds}
    standing = [refund for refund in row.refunds if refund[2] not in replaced]
    row.refunds = [(status, int(amount)) for status, amount, _id, _replaces, _fee in standing]
    row.fee = sum(int(fee) for status, _amount, _id, _replaces, fee in standing if status != "refused")
    return row


def describe_row(row: SimpleNamespace) -> dict[str, Any]:
    """Return what ``describe`` does, of a row that was read."""
    return {
        "session_id": row.session_id,
        "status": row.status,
        "is_processed": row.status not in UNPROCESSED,
        "processed_at": row.processed_at,
        "message": message(row),
        "error_message": _(row.error_message) if row.error_message else None,
        "checked_at": row.checked_at,
        "booking": {
            "reference": row.reference,
            "event_title": row.title,
            "customer_name": row.name,
            "customer_email": mask(row.email),
            "booked_seats": row.seats,
            "amount_total": row.amount,
            "currency": row.currency,
            "payment_id": row.payment_intent_id,
            "ticket_reference": row.ticket_reference,
        },
        "tickets": [_describe_ticket(*ticket) for ticket in row.tickets],
    }


def _describe_ticket(seat: str, code: str, stopped_for: str, drawing_error: str) -> dict[str, Any]:
    return {
        "seat": seat,
        "code": code,
        "success": not (stopped_for or drawing_error),
        "error_message": _what_is_wrong(stopped_for, drawing_error),
        "url": reverse("bookings:ticket", args=[code]),
        "qr_url": reverse("bookings:ticket-png", args=[code]),
    }


def _what_is_wrong(stopped_for: str, drawing_error: str) -> Any:
    if stopped_for:
        return WHY_STOPPED[StopReason(stopped_for)]
    return _("The QR code is being drawn again. The ticket is valid.") if drawing_error else None


def mask(email: str) -> str:
    """Return ``email`` with all but the first letter before the @ hidden: ``a…@example.com``."""
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
