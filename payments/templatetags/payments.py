from typing import Any

from django import template
from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking, Event
from payments.cookies import remembered_sessions
from payments.models import Payment, PaymentStatus
from payments.status import describe

register = template.Library()


@register.simple_tag(takes_context=True)
def open_checkouts(context: template.Context, event: Event) -> QuerySet[Payment]:
    """Return this browser's own payments for ``event`` that can still be made."""
    return Payment.objects.with_booking().filter(
        session_id__in=remembered_sessions(context["request"]),
        booking__event=event,
        status=PaymentStatus.PENDING,
        expires_at__gt=timezone.now(),
    )


@register.simple_tag
def payment_state(booking: Booking) -> dict[str, Any] | None:
    """Return the status of the last payment of ``booking`` that got a session, or None."""
    session_id = booking.payments.exclude(session_id=None).values_list("session_id", flat=True).first()
    return describe(session_id) if session_id else None
