"""Who may open which page of the counter, and what they see there: staff, within their events."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, Event, EventStatus
from bookings.staff.access import within_scope
from payments.models import CounterSale

SELL, GIVE_AWAY, VOID = "payments.sell_at_counter", "payments.give_away", "payments.void_counter_sale"
View = Callable[..., HttpResponse]


def counter_page(*any_of: str, methods: str = "GET HEAD POST") -> Callable[[View], View]:
    """Make a view a page for staff with one of the permissions; others sign in first, or have none of it."""

    def make(view: View) -> View:
        answer = require_http_methods(methods.split())(view)

        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not admin.site.has_permission(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if not any(map(request.user.has_perm, any_of)):
                raise PermissionDenied
            return answer(request, *args, **kwargs)

        return never_cache(page)

    return make


def clerk(request: HttpRequest) -> User:
    """Return who is signed in on a ``counter_page``."""
    return cast(User, request.user)


def events_of(request: HttpRequest) -> QuerySet[Event]:
    """Return the events that can be sold at this counter now."""
    events = Event.objects.public().exclude(status=EventStatus.CANCELLED).upcoming(timezone.now())
    return within_scope(events.with_availability(), request.user, "pk")


def sales_of(request: HttpRequest) -> QuerySet[CounterSale]:
    """Return the sales that whoever asks has to do with, the newest first."""
    sales = CounterSale.objects.select_related("booking__event", "seller")
    return within_scope(sales, request.user, "booking__event")


def find_hold(request: HttpRequest, reference: str) -> Booking:
    """Return what was held at the counter, whatever has become of it; raise ``Http404``."""
    bookings = within_scope(Booking.objects.select_related("event", "code"), request.user, "event")
    return get_object_or_404(bookings, reference=reference)


def find_sale(request: HttpRequest, pk: int) -> CounterSale:
    return get_object_or_404(sales_of(request), pk=pk)
