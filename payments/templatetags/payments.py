from datetime import datetime

from django import template
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking, Event
from bookings.orders.wishes import wish_of
from bookings.web.forms import link_to
from payments.checkout.cancellation import reason_not_cancellable
from payments.models import Payment, PaymentStatus, Refund
from payments.models.payment import UNPAID
from payments.status.amounts import AmountLine, amount_lines, in_both
from payments.status.messages import spell_received
from payments.status.queries import find_booking
from payments.web.cookies import remembered_sessions

register = template.Library()


@register.simple_tag(takes_context=True)
def open_checkouts(context: template.Context, event: Event) -> QuerySet[Payment]:
    """Return the payments for ``event`` that this browser began and that can still be made."""
    return Payment.objects.with_booking().filter(
        session_id__in=remembered_sessions(context["request"]),
        booking__event=event,
        status=PaymentStatus.PENDING,
        expires_at__gt=timezone.now(),
    )


@register.filter
def kept_until(payment: Payment) -> datetime:
    """Return until when seats are kept if their customer, who looks at a page now, does no more."""
    return min(payment.expires_at, timezone.now() + settings.HOLD_IDLE)


@register.filter
def chosen_again(booking: Booking) -> str:
    """Return the query of the event's page on which the same as in ``booking`` is chosen."""
    return link_to(wish_of(booking))


@register.simple_tag
def amounts_of(booking: Booking) -> list[AmountLine]:
    """Return what ``booking`` costs, line by line; nothing without a Checkout Session."""
    row = find_booking(booking.reference)
    return amount_lines(row) if row else []


@register.filter
def received(payment: Payment) -> str:
    """Write what was received, and what the customer paid in their own currency if they did."""
    return spell_received(payment)


@register.filter
def sent(refund: Refund) -> str:
    """Write what goes back, and what that is in the customer's own currency if Stripe has said it."""
    shown = refund.presentment_amount, refund.presentment_currency
    return in_both(refund.amount, refund.currency, *shown)


@register.simple_tag
def why_not_cancellable(booking: Booking) -> str:
    """Return why no ticket of ``booking`` can be cancelled, as its customer reads it; empty if some can."""
    row = find_booking(booking.reference)
    if row is None or row.status in UNPAID:
        return ""
    return reason_not_cancellable(row, now=timezone.now())


@register.simple_tag
def refunds_of(booking: Booking) -> QuerySet[Refund]:
    """Return the refunds of ``booking`` that no newer ones have replaced, with their tickets."""
    return Refund.objects.standing().filter(payment__booking=booking).prefetch_related("tickets__seat")
