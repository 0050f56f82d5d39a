from typing import Any

from django import template
from django.utils import timezone

from bookings.models import Booking, Event
from payments.models import Payment, PaymentStatus
from payments.status import describe
from payments.views import CHECKOUT_COOKIE

register = template.Library()


@register.simple_tag(takes_context=True)
def open_checkout(context: template.Context, event: Event) -> dict[str, Any] | None:
    """Return this browser's own unfinished checkout for ``event``, or None."""
    session_id = context["request"].get_signed_cookie(CHECKOUT_COOKIE, default=None)
    open_ones = Payment.objects.filter(status=PaymentStatus.PENDING, expires_at__gt=timezone.now())
    payment = open_ones.filter(session_id=session_id, booking__event=event).first() if session_id else None
    if payment is None:
        return None
    seats = payment.booking.booked_seats.order_by("seat_id").values_list("seat__label", flat=True)
    return {
        "session_id": payment.session_id,
        "checkout_url": payment.checkout_url,
        "booked_seats": list(seats),
        "expires_at": payment.expires_at,
    }


@register.simple_tag
def payment_state(booking: Booking) -> dict[str, Any] | None:
    """Return the status of the last payment of ``booking`` that got a session, or None."""
    payment = booking.payments.for_status().exclude(session_id=None).first()
    return describe(payment) if payment else None
