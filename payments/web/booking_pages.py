"""The pages to cancel a booking and to pay for it again; a booking's secret address is the key."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, BookingStatus
from bookings.orders.wishes import wish_of
from bookings.seats.holds import SeatsTaken
from bookings.web.forms import BookingForm, new_attempt, written
from bookings.web.pages import render_booking, render_event
from customers.claims import signed_in_user
from customers.codes import NoCode
from customers.views import ask_to_confirm
from customers.visitors import visitor_of
from payments.checkout.cancellation import (
    NotCancellable,
    TermsChanged,
    cancel_booking,
    reason_not_cancellable,
)
from payments.checkout.limits import EmailUnconfirmed, TooManyHolds
from payments.checkout.retry import NothingToPay, Undecided, pay_again
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import PaymentStatus
from payments.models.payment import UNPAID
from payments.status.actions import describe_actions
from payments.status.queries import find_booking
from payments.status.row import BookingRow
from payments.web.errors import FIELDS, REFUSALS, explain, explain_unavailable
from payments.web.pages import lead_on, offer_alternatives, retry_after, unpaid_bookings
from payments.web.throttles import ActionThrottle, CheckoutThrottle


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel_page(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the refund for the chosen seats, and cancel them once the customer agrees."""
    booking = _booking(reference)
    if request.method != "POST":
        return _render_cancel(request, booking)
    if not ActionThrottle().allows(request):
        words = _("Too many attempts. Wait a minute, then try again.")
        return retry_after(_render_cancel(request, booking, problem=words, status=429), 60)
    return _cancel(request, booking)


def _cancel(request: HttpRequest, booking: Booking) -> HttpResponse:
    labels, seen = request.POST.getlist("seats"), request.POST.get("refund", "")
    if booking.status == BookingStatus.CONFIRMED and not labels:
        return _render_cancel(request, booking, problem=_("Choose at least one seat to cancel."), status=400)
    if seen and not _is_amount(seen):
        return _render_cancel(request, booking, problem=str(TermsChanged()), status=400)
    try:
        cancel_booking(booking, labels=labels, expected=int(seen) if seen else None)
    except NotCancellable as refusal:
        return _render_cancel(request, booking, problem=str(refusal), status=409)
    except (StripeUnavailable, StripeRefused):
        return retry_after(_render_cancel(request, booking, problem=_not_yet(), status=503), 10)
    return redirect(booking)


def _is_amount(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _not_yet() -> str:
    return _(
        "The payment provider hasn’t confirmed it yet, so nothing is cancelled so far. Your seats are "
        "released automatically once it does, unless you’ve paid."
    )


def _render_cancel(
    request: HttpRequest, booking: Booking, *, problem: str = "", status: int = 200
) -> HttpResponse:
    row = find_booking(booking.reference)
    context = {"booking": booking, "problem": problem, **(_terms(request, row) if row else {})}
    return render(request, "payments/cancel.html", context, status=status)


def _terms(request: HttpRequest, row: BookingRow) -> dict[str, Any]:
    """Return what can be cancelled now and for which refund, in all and for the chosen seats."""
    now = timezone.now()
    cancel = describe_actions(row, now=now)["cancel"]
    seats = cancel["seats"] if cancel else []
    asked = request.POST.getlist("seats") or request.GET.getlist("seats")
    is_the_only_one = len(seats) == 1 and not asked
    chosen = [seat for seat in seats if seat["seat"] in asked or is_the_only_one]
    offered = {seat["seat"] for seat in seats}
    return {
        "cancel": cancel,
        "currency": row.currency,
        "kept": [seat.label for seat in row.valid_seats if seat.label not in offered],
        "chosen": chosen,
        "unchosen": request.method == "GET" and "chosen" in request.GET and not chosen,
        "fee": sum(seat["fee"] for seat in chosen),
        "refund": sum(seat["refund"] for seat in chosen),
        "why_not": _why_not(row, now),
    }


def _why_not(row: BookingRow, now: datetime) -> str:
    if row.status not in UNPAID:
        return reason_not_cancellable(row, now=now)
    return _not_yet() if row.status == PaymentStatus.PENDING and row.cancelled_at else ""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pay(request: HttpRequest, reference: str) -> HttpResponse:
    """Send the customer to Stripe to pay, once Stripe has said that they haven't."""
    booking = _booking(reference)
    if request.method != "POST":
        return redirect(booking)
    if not CheckoutThrottle().allows(request):
        words = _("Too many attempts. Wait a minute, then try again.")
        return retry_after(render_booking(request, booking, problem=words, status=429), 60)
    try:
        visitor = visitor_of(request, booking.email)
        bought = pay_again(booking, member=signed_in_user(request), visitor=visitor)
    except NothingToPay:
        return redirect(booking.event)
    except Undecided as undecided:
        words = str(explain_unavailable(undecided.__cause__).detail)
        return retry_after(render_booking(request, booking, problem=words, status=503), 10)
    except REFUSALS as refusal:
        return _choose_again(request, booking, refusal)
    return lead_on(request, bought)


def _choose_again(request: HttpRequest, booking: Booking, refusal: Exception) -> HttpResponse:
    """Answer with the event's page: why the seats can't be booked again, with the free ones still chosen."""
    if isinstance(refusal, EmailUnconfirmed):
        try:
            return ask_to_confirm(request, booking.email, booking.get_absolute_url())
        except NoCode as no_code:
            answer = render_booking(request, booking, problem=no_code.message, status=no_code.status)
            return retry_after(answer, no_code.wait)
    gone = refusal.labels if isinstance(refusal, SeatsTaken) else []
    wish = wish_of(booking)
    form = BookingForm(
        {
            **written(wish),
            "attempt": new_attempt(),
            "seats": [label for label in wish.seats if label not in gone],
            "name": booking.name,
            "email": booking.email,
        }
    )
    form.is_valid()
    problem = explain(refusal)
    form.add_error(FIELDS.get(type(refusal)), str(problem.detail))
    if isinstance(refusal, TooManyHolds):
        form.unpaid = unpaid_bookings(refusal)
    if gone:
        offer_alternatives(form, booking.event, lost=gone)
    answer = render_event(request, booking.event.slug, form, status=problem.status_code)
    return retry_after(answer, problem.wait)


def _booking(reference: str) -> Booking:
    return get_object_or_404(Booking.objects.select_related("event"), reference=reference)
