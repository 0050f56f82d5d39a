"""All bookings of the customer who is signed in: as a page, and as JSON."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.models import Booking, Event, customer_topic
from bookings.orders.places import typed_places_of
from config.authentication import SignedInAuthentication
from config.schema import CONDITIONAL, SESSION, SIGNED_OUT, UNCHANGED, operation
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.verification import verify
from payments.status.bookings import (
    describe_bookings,
    describe_card,
    describe_entry,
    in_order,
    tag_of,
)
from payments.status.queries import list_bookings
from payments.web.errors import explain_unavailable
from payments.web.membership_api import require_customer
from payments.web.serializers import SyncResponseSerializer
from payments.web.throttles import VerifyThrottle
from waiting.conditional import conditional


class SyncView(APIView):
    """Report all bookings of the customer who is signed in, from the primary database, never from a cache."""

    authentication_classes = [SignedInAuthentication]

    @operation(
        parameters=CONDITIONAL,
        responses={200: SyncResponseSerializer, **UNCHANGED},
        errors=[SIGNED_OUT],
        auth=SESSION,
    )
    def get(self, request: Request) -> Response:
        customer = require_customer(request)
        entries = describe_bookings(customer)
        return conditional(
            request, {"bookings": entries}, topic=customer_topic(customer.pk), tag=tag_of(customer, entries)
        )


@require_safe
@never_cache
def dashboard(request: HttpRequest) -> HttpResponse:
    customer = request.user
    if not isinstance(customer, User):
        return redirect_to_login(request.get_full_path(), "account_login")
    rows, now = list_bookings(customer), timezone.now()
    places = typed_places_of(customer)
    events = Event.objects.filter(pk__in=customer.bookings.values("event")).pictured()
    pictured = {event.get_absolute_url(): event.pictured for event in events}
    cards = in_order([describe_card(row, now=now) for row in rows])
    context = {
        "cards": [
            {
                **card,
                "places": places.get(card["booking"]["reference"], []),
                "pictured": pictured.get(card["event"]["url"]),
            }
            for card in cards
        ],
        "etag": tag_of(customer, [describe_entry(row) for row in rows]),
        "customer": customer,
        "now": now,
        "interval": settings.PAYMENT_SYNC_REFRESH_INTERVAL,
        "debug": settings.PAYMENT_SYNC_DEBUG,
    }
    return render(request, "payments/dashboard.html", context)


@require_POST
@never_cache
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask Stripe about a booking's payment now, for browsers without JavaScript."""
    booking = get_object_or_404(Booking, reference=reference)
    if not VerifyThrottle().allows(request):
        return _back(request, booking, _("Too many attempts. Wait a minute, then try again."))
    payment = booking.payments.undecided().exclude(session_id=None).first()
    try:
        verify(str(payment.session_id) if payment else "")
    except (StripeUnavailable, StripeRefused) as error:
        return _back(request, booking, str(explain_unavailable(error).detail))
    return _back(request, booking)


def _back(request: HttpRequest, booking: Booking, problem: str = "") -> HttpResponse:
    if problem:
        messages.error(request, problem)
    return redirect("payments:bookings" if request.user.is_authenticated else booking)
