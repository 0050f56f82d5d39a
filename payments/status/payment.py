"""The state of a payment as its customer may see it, from the database alone."""

from datetime import datetime
from typing import NamedTuple, TypedDict

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.addresses.normal_form import readable
from bookings.messages import WHY_STOPPED
from bookings.models import StopReason
from payments.models import PaymentStatus
from payments.models.payment import SESSION_ID, UNPROCESSED
from payments.status.messages import message
from payments.status.queries import find_session
from payments.status.row import StatusRow, TicketRow
from waiting.conditional import etag


class BookingState(TypedDict):
    reference: str
    event_title: str
    customer_name: str
    customer_email: str
    booked_seats: list[str]
    amount_total: int
    currency: str
    payment_id: str | None
    ticket_reference: str | None


class TicketState(TypedDict):
    seat: str
    code: str
    success: bool
    error_message: str | None
    url: str
    qr_url: str


class PaymentState(TypedDict):
    """
    The JSON object of ``GET /api/payment-status``: amounts in the minor unit, the address masked.

    ``ticket_reference`` is the booking number, once there are tickets.
    """

    session_id: str | None
    status: PaymentStatus
    is_processed: bool
    processed_at: datetime | None
    message: str
    error_message: str | None
    checked_at: datetime | None
    instructions_url: str | None
    booking: BookingState
    tickets: list[TicketState]


class Report(NamedTuple):
    """The state of a payment, and its entity tag."""

    state: PaymentState
    version: str


def report(session_id: str) -> Report | None:
    """
    Return the state of the payment of a Checkout Session, or None if it isn't one of ours.

    The id may be anything that a stranger typed; knowing it is enough to read the answer.
    """
    row = find_session(session_id) if SESSION_ID.fullmatch(session_id) else None
    return report_row(row) if row else None


def report_row(row: StatusRow) -> Report:
    """
    Return what ``report`` does, for a row that was read before.

    The tag also changes with everything else on the booking's page: the status of each refund, whether the
    tickets were mailed, when and where the event is, and which of its deadlines have passed.
    """
    state, now = describe_row(row), timezone.now()
    ends = (
        *(row.expires_at, row.act_until, row.cancellable_until, row.returnable_until),
        *(row.sales_until, row.starts_at, row.ends_at),
    )
    passed = [end is not None and end <= now for end in ends]
    return Report(
        state, etag([state, row.refunds, row.mailed_at, row.mail_refused_at, row.event_changed_at, passed])
    )


def describe(session_id: str) -> PaymentState | None:
    """Return what ``report`` does, without the entity tag."""
    found = report(session_id)
    return found.state if found else None


def describe_row(row: StatusRow) -> PaymentState:
    """Return what ``describe`` does, for a row that was read before."""
    return {
        "session_id": row.session_id,
        "status": row.status,
        "is_processed": row.status not in UNPROCESSED,
        "processed_at": row.processed_at,
        "message": message(row),
        "error_message": _(row.error_message) if row.error_message else None,
        "checked_at": row.checked_at,
        "instructions_url": row.instructions_url if row.must_act(timezone.now()) else None,
        "booking": {
            "reference": row.reference,
            "event_title": row.title,
            "customer_name": row.name,
            "customer_email": mask(row.email),
            "booked_seats": row.seats,
            "amount_total": row.total,
            "currency": row.currency,
            "payment_id": row.payment_intent_id,
            "ticket_reference": row.ticket_reference if row.tickets else None,
        },
        "tickets": [_describe_ticket(ticket) for ticket in row.tickets],
    }


def _describe_ticket(ticket: TicketRow) -> TicketState:
    return {
        "seat": ticket.seat,
        "code": ticket.code,
        "success": not (ticket.stopped_for or ticket.drawing_error),
        "error_message": _what_is_wrong(ticket),
        "url": reverse("bookings:ticket", args=[ticket.code]),
        "qr_url": reverse("bookings:ticket-png", args=[ticket.code]),
    }


def _what_is_wrong(ticket: TicketRow) -> str | None:
    if ticket.stopped_for:
        return str(WHY_STOPPED[StopReason(ticket.stopped_for)])
    return _("The QR code is being drawn again. The ticket is valid.") if ticket.drawing_error else None


def mask(email: str) -> str:
    """Return ``email`` with all but the first letter before the @ hidden: ``a…@example.com``."""
    name, _at, host = readable(email).rpartition("@")
    return f"{name[:1]}…@{host}"
