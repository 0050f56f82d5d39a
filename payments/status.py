"""The status of a payment as the customer may see it: a function of the database and nothing else."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Ticket
from payments.models import Payment, PaymentStatus

MESSAGES = {
    PaymentStatus.PENDING: _("We are waiting for word of your payment."),
    PaymentStatus.PROCESSING: _("Your bank is working on the payment. Your seats are held for you."),
    PaymentStatus.SUCCEEDED: _("Paid. Your tickets are below."),
    PaymentStatus.FAILED: _(
        "The payment did not go through. Nothing was charged and the seats are free again."
    ),
    PaymentStatus.EXPIRED: _("The time to pay has ended. Nothing was charged and the seats are free again."),
    PaymentStatus.REFUND_DUE: _(
        "Your payment arrived, but we can't give you these seats. You get it back in full."
    ),
    PaymentStatus.REFUNDED: _("Your payment was refunded. The tickets are no longer valid."),
    PaymentStatus.PARTIALLY_REFUNDED: _("A part of your payment was refunded."),
    PaymentStatus.DISPUTED: _(
        "This payment is disputed with your bank. The tickets are suspended until then."
    ),
}


def describe(payment: Payment) -> dict[str, Any]:
    """
    Return the JSON object of ``GET /api/payment-status``, as the interface contract gives it.

    ``payment`` comes from ``Payment.objects.for_status()``. Amounts are in the minor unit; the customer's
    address is masked, because whoever holds the session's id may ask.
    """
    return {
        "session_id": payment.session_id,
        "status": payment.status,
        "is_processed": payment.is_processed,
        "processed_at": payment.processed_at,
        "message": MESSAGES[PaymentStatus(payment.status)],
        "error_message": payment.error_message or None,
        "checked_at": payment.checked_at,
        "booking": _describe_booking(payment),
        "tickets": [_describe_ticket(ticket) for ticket in _tickets(payment.booking)],
    }


def _describe_booking(payment: Payment) -> dict[str, Any]:
    booking = payment.booking
    return {
        "reference": booking.reference,
        "event_title": booking.event.title,
        "customer_name": booking.name,
        "customer_email": mask(booking.email),
        "booked_seats": booking.seat_labels,
        "amount_total": payment.amount,
        "currency": payment.currency,
        "payment_id": payment.payment_intent_id,
        "ticket_reference": booking.ticket_reference,
    }


def _tickets(booking: Booking) -> list[Ticket]:
    if booking.confirmed_at is None:
        return []
    return list(booking.tickets.select_related("seat").defer("qr_png"))


def _describe_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "seat": ticket.seat.label,
        "code": ticket.code,
        "success": ticket.is_drawn,
        "error_message": None
        if ticket.is_drawn
        else _("The QR code is being drawn again. The ticket is valid."),
        "url": ticket.get_absolute_url(),
        "qr_url": reverse("bookings:ticket-png", args=[ticket.code]),
    }


def mask(email: str) -> str:
    """Return ``email`` with all but the first letter before the @ hidden: ``a…@example.com``."""
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
