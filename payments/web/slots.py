"""What payments adds to the pages and mails of bookings; see ``bookings.web.slots``."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from bookings.models import Booking, BookingStatus, Event, WaitingEntry
from bookings.orders.visitors import note_activity
from bookings.web import slots
from customers.claims import known_buyer, signed_in_user
from payments.gateway.checkout.session_params import SESSION_LIFE
from payments.memberships.benefits import advantage_of
from payments.pause import are_sales_paused
from payments.status.bookings import describe_entry
from payments.status.payment import report_row
from payments.status.queries import find_booking
from payments.status.row import BookingRow
from payments.web.cookies import remembered_sessions
from payments.web.throttles import CheckoutThrottle, PairingThrottle, WaitingThrottle

TEMPLATES = {
    "event.top": "payments/event/_open_checkouts.html",
    "event.presale": "payments/event/_membership_link.html",
    "event.scripts": "payments/event/_scripts.html",
    "booking.attributes": "payments/booking/_attributes.html",
    "booking.mark": "payments/booking/_mark.html",
    "booking.notice": "payments/booking/_notice.html",
    "booking.after_tickets": "payments/booking/_refunds.html",
    "booking.facts": "payments/booking/_facts.html",
    "booking.actions": "payments/booking/_actions.html",
    "booking.scripts": "payments/booking/_scripts.html",
    "mail.tickets.text": "mail/payment/_amounts.txt",
    "mail.tickets.html": "mail/payment/_amounts.html",
    "mail.called_off.kept": "mail/payment/_kept.txt",
    "admin.event.tools": "admin/payments/_event_tools.html",
    "admin.booking.tools": "admin/payments/_booking_tools.html",
}


def register() -> None:
    """Fill the slots of the pages and mails of bookings."""
    slots.fill(TEMPLATES)
    slots.provide("event", event_context)
    slots.provide("booking", booking_context)
    slots.provide("waiting_list", waiting_list_context)
    slots.provide("waiting", waiting_context)
    slots.provide("pairing", pairing_context)


def event_context(request: HttpRequest, event: Event) -> dict[str, Any]:
    """Return what the page of ``event`` needs in order to sell its seats to this customer."""
    if sessions := remembered_sessions(request):
        note_activity(event.bookings.filter(payments__session_id__in=sessions))
    return {
        "checkout_url": reverse("payments:checkout", args=[event.slug]),
        "member": advantage_of(signed_in_user(request), event),
        "paused": are_sales_paused(),
        "buyer": known_buyer(signed_in_user(request)),
        "idle_minutes": _idle_minutes(),
        "may_try_code": partial(CheckoutThrottle().allows, request),
        "own": SimpleLazyObject(lambda: own_bookings(request, event)),
    }


def waiting_list_context(request: HttpRequest, event: Event) -> dict[str, Any]:
    """Count that somebody asks to wait, and return whether this network ``may_join`` now."""
    return {"may_join": WaitingThrottle().allows(request)}


def pairing_context(request: HttpRequest, subject: None) -> dict[str, Any]:
    """Count a try at a code; return how many seconds to ``wait``, and what is called if it was ``right``."""
    throttle = PairingThrottle()
    return {"wait": throttle.take(request), "right": partial(throttle.give_back, request)}


def waiting_context(request: HttpRequest, entry: WaitingEntry) -> dict[str, Any]:
    """Return where the form of an offer is sent."""
    return {"offer_url": reverse("payments:take-offer", args=[entry.reference])}


def _idle_minutes() -> int | None:
    """Return how long seats wait for their customer to begin to pay; None if as long as they may pay."""
    return settings.HOLD_IDLE // timedelta(minutes=1) if settings.HOLD_IDLE < SESSION_LIFE else None


def own_bookings(request: HttpRequest, event: Event) -> set[int]:
    """Return the ids of the bookings of ``event`` made in this browser or by the signed-in account."""
    own = Q(payments__session_id__in=remembered_sessions(request))
    if account := signed_in_user(request):
        own |= Q(customer=account)
    return set(event.bookings.occupying().filter(own).values_list("pk", flat=True))


def booking_context(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    """
    Return the ``state`` of ``booking`` and what can be done with it; None if it has no Checkout Session.

    Its ``version`` is the entity tag of the payment's status. ``booking`` is read again after that, as is all
    that the page shows besides: a page older than its version would wait for a change that it has missed.
    """
    if booking.status == BookingStatus.HELD:
        note_activity(Booking.objects.filter(pk=booking.pk))
    row = _read(booking)
    # It may have moved on between the two, and nobody fetches a page without scripts again.
    while row and row.booking_status != booking.status:
        row = _read(booking)
    return {"state": {**describe_entry(row), "version": report_row(row).version} if row else None}


def _read(booking: Booking) -> BookingRow | None:
    row = find_booking(booking.reference)
    booking.refresh_from_db(from_queryset=Booking.objects.select_related("event"))
    return row
