from typing import Any

from django import template
from django.db.models import Q, QuerySet
from django.utils import timezone

from bookings.models import Booking, Event
from customers.claims import signed_in
from payments.checkout.cancellation import why_not
from payments.models import Payment, PaymentStatus, Refund
from payments.status.actions import read
from payments.status.bookings import describe_entry, read_booking
from payments.status.payment import report_row
from payments.web.cookies import remembered_sessions

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


@register.simple_tag(takes_context=True)
def own_bookings(context: template.Context, event: Event) -> set[int]:
    """Return the ids of the bookings of ``event`` that this browser or its customer's account has made."""
    request = context["request"]
    own = Q(payments__session_id__in=remembered_sessions(request))
    if account := signed_in(request):
        own |= Q(customer=account)
    return set(event.bookings.occupying().filter(own).values_list("pk", flat=True))


@register.simple_tag
def payment_state(booking: Booking) -> dict[str, Any] | None:
    """
    Return how ``booking`` stands and what can be done with it; None if it never came to a payment.

    Its ``version`` is the status's entity tag. What the page shows besides is read after it, here and later:
    a page that showed less than its version says would wait for a change that has been already.
    """
    row = read_booking(booking.reference)
    version = report_row(row).version if row else ""
    booking.refresh_from_db(from_queryset=Booking.objects.select_related("event"))
    return {**describe_entry(row), "version": version} if row else None


@register.simple_tag
def why_not_cancellable(booking: Booking) -> str:
    """Return why no ticket of ``booking`` can be given back, for its customer; empty if some can."""
    payment = Payment.objects.of_booking(booking)
    return why_not(read(payment), now=timezone.now()) if payment and payment.is_paid else ""


@register.simple_tag
def refunds_of(booking: Booking) -> QuerySet[Refund]:
    """Return what goes or went back of the payments of ``booking``, with the tickets given up for it."""
    return Refund.objects.standing().filter(payment__booking=booking).prefetch_related("tickets__seat")
