"""The pages around a payment: to Stripe to pay, and back from there."""

import hashlib
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.events.addresses import find_event
from bookings.models import Booking, Event
from bookings.orders.places import typed_places
from bookings.orders.wishes import wish_of
from bookings.references import REFERENCE
from bookings.seats.alternatives import find_alternatives
from bookings.seats.holds import SeatsTaken
from bookings.web.forms import BookingForm, link_to, new_attempt, written
from bookings.web.pages import booking_facts, render_event
from customers.claims import buyer_from_request, signed_in_user
from customers.codes import NoCode
from customers.views import ask_to_confirm
from customers.visitors import remember_browser
from payments.cancel_address import signed_reference
from payments.checkout.limits import EmailUnconfirmed, TooManyHolds
from payments.checkout.start import CheckoutRequest, is_payable, open_checkout, refuse_early
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.verification import cancel
from payments.models import CounterSale, Payment, PaymentStatus
from payments.status.amounts import amount_lines
from payments.status.bookings import describe_entry
from payments.status.payment import describe, report
from payments.status.queries import read_payment
from payments.web.cookies import remember_session
from payments.web.errors import FIELDS, REFUSALS, explain
from payments.web.throttles import CheckoutThrottle

# Session key: what was chosen before the address was to be confirmed.
CHOICE = "choice"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def checkout(request: HttpRequest, slug: str) -> HttpResponse:
    event = find_event(slug)
    if event is None:
        raise Http404
    if request.method != "POST":
        return _show_choice(request, event)
    form = BookingForm(request.POST)
    if not CheckoutThrottle().allows(request):
        form.add_error(None, _("Too many attempts. Wait a minute, then try again."))
        return retry_after(render_event(request, slug, form, status=429), 60)
    if form.is_look:
        form.forget_errors()
        return render_event(request, slug, form)
    if not form.is_valid():
        return render_event(request, slug, form, status=400)
    try:
        bought = open_checkout(_checkout_request(request, event, form.cleaned_data))
    except EmailUnconfirmed:
        return _ask_to_confirm(request, event, form)
    except REFUSALS as refusal:
        problem = explain(refusal)
        form.add_error(FIELDS.get(type(refusal)), str(problem.detail))
        if isinstance(refusal, SeatsTaken):
            offer_alternatives(form, event, lost=refusal.labels)
        if isinstance(refusal, TooManyHolds):
            form.unpaid = unpaid_bookings(refusal)
        return retry_after(render_event(request, slug, form, status=problem.status_code), problem.wait)
    request.session.pop(CHOICE, None)
    return lead_on(request, bought)


def lead_on(request: HttpRequest, bought: Payment | CounterSale) -> HttpResponse:
    """Lead the customer to where they pay, or to what they have bought."""
    if isinstance(bought, CounterSale):
        response = redirect(bought.booking)
    elif is_payable(bought):
        response = redirect(bought.checkout_url)
        remember_session(request, response, str(bought.session_id))
    else:  # An old page was sent again.
        return redirect(f"{reverse('payments:success')}?session_id={bought.session_id}")
    remember_browser(request, response)
    return response


def _ask_to_confirm(request: HttpRequest, event: Event, form: BookingForm) -> HttpResponse:
    """Email a code to the customer, and keep what they have chosen for when they come back with it."""
    back = reverse("payments:checkout", args=[event.slug])
    try:
        response = ask_to_confirm(request, form.cleaned_data["email"], back)
    except NoCode as refusal:
        form.add_error(None, refusal.message)
        return retry_after(render_event(request, event.slug, form, status=refusal.status), refusal.wait)
    kept = {
        **written(form.cleaned_data["wish"]),
        **{name: form.cleaned_data[name] for name in ("name", "email")},
    }
    request.session[CHOICE] = {"event": event.slug, "form": kept}
    return response


def _show_choice(request: HttpRequest, event: Event) -> HttpResponse:
    """Show the event's page to a customer who has confirmed their address, as they had left it."""
    choice = request.session.get(CHOICE, {})
    if choice.get("event") != event.slug:
        return redirect(event)
    form = BookingForm({**choice["form"], "attempt": new_attempt()})
    form.is_valid()
    return render_event(request, event.slug, form)


def offer_alternatives(form: BookingForm, event: Event, *, lost: list[str]) -> None:
    """Have ``form`` offer other seats in place of the ``lost`` ones, as the same types."""
    found = find_alternatives(event, lost=lost, chosen=form.chosen)
    gone = sorted(event.seats.filter(label__in=lost).in_row_order(), key=lambda seat: seat.price)
    if found:
        form.offer(found, instead_of=gone)


def unpaid_bookings(refusal: TooManyHolds) -> list[Booking]:
    """Return the bookings in this browser that keep it from another, for links to them."""
    return list(Booking.objects.filter(reference__in=refusal.bookings).select_related("event"))


def retry_after(response: HttpResponse, seconds: float | None) -> HttpResponse:
    """Add ``Retry-After`` to ``response``, unless ``seconds`` is None."""
    if seconds:
        response.headers["Retry-After"] = str(int(seconds))
    return response


def _checkout_request(request: HttpRequest, event: Event, cleaned: dict[str, Any]) -> CheckoutRequest:
    wanted = CheckoutRequest(
        event=event,
        member=signed_in_user(request),
        buyer=buyer_from_request(request, name=cleaned["name"], email=cleaned["email"]),
        wish=cleaned["wish"],
        total=cleaned["total"],
        terms=cleaned["terms"],
    )
    # If the same page is sent again with other seats, that is another purchase: hence the fingerprint.
    attempt = hashlib.sha256(f"form:{cleaned['attempt']}:{wanted.fingerprint}".encode()).hexdigest()
    refuse_early(event, wanted.wish, attempt=attempt)
    return replace(wanted, attempt=attempt)


@require_safe
@never_cache
def success(request: HttpRequest) -> HttpResponse:
    if answer := _unsigned(request):
        return answer
    payment = _find_payment(request)
    found = report(str(payment.session_id))
    booking = payment.booking
    context: dict[str, Any] = {
        "state": found and found.state,
        "etag": found and found.version,
        "event": booking.event,
        "booking_url": booking.get_absolute_url(),
        "number": booking.ticket_reference,
    }
    # After the tag, so that the page is never older than it.
    row = read_payment(payment)
    if row.has_bought and row.tickets:
        booking = get_object_or_404(Booking.objects.select_related("event"), pk=booking.pk)
        context |= {**booking_facts(booking), "state": describe_entry(row)}
    else:
        context |= {
            "saving": booking.saving,
            "discount": booking.discount,
            "code": booking.code,
            "places": typed_places(booking),
            "amounts": amount_lines(row),
        }
    return render(request, "payments/success.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancelled(request: HttpRequest) -> HttpResponse:
    """Close the session at Stripe and free the seats, unless it turns out to be paid."""
    if answer := _unsigned(request):
        return answer
    payment = _find_payment(request)
    try:
        payment = cancel(payment) if request.method != "HEAD" else payment
    except (StripeUnavailable, StripeRefused):
        outcome = "held"
    else:
        outcome = _outcome(payment)
    context: dict[str, Any] = {
        "again": link_to(wish_of(payment.booking)),
        "state": describe(str(payment.session_id)),
        "outcome": outcome,
        "picture": f"pictures/{payment.status}.svg",
        "event": payment.booking.event,
        "number": payment.booking.ticket_reference,
        "held_until": payment.booking.held_until,
    }
    return render(request, "payments/cancelled.html", context)


# With any other status there was nothing to cancel, and the page says what the status is.
OUTCOMES = {
    PaymentStatus.PENDING: "held",
    PaymentStatus.PROCESSING: "processing",
    PaymentStatus.SUCCEEDED: "paid",
}


def _outcome(payment: Payment) -> str:
    """Return the template's name for what came of cancelling ``payment``."""
    if payment.status == PaymentStatus.EXPIRED and payment.booking.cancelled_at:
        return "released"
    return OUTCOMES.get(PaymentStatus(payment.status), "over")


def _find_payment(request: HttpRequest) -> Payment:
    """
    Return the payment of the ``session_id`` that Stripe fills in, or of the signed address to cancel.

    Raise ``Http404`` if there is none.
    """
    payments = Payment.objects.with_booking()
    if "payment" in request.GET:
        reference = signed_reference(request.GET["payment"])
        return get_object_or_404(payments.of_reference(reference).exclude(session_id=None))
    return get_object_or_404(payments.of_session(request.GET.get("session_id", "")))


def _unsigned(request: HttpRequest) -> HttpResponse | None:
    """
    Answer an address from before there were signatures with the page of its event, and do nothing.

    Anybody may have read its reference in a log. A browser that came to Stripe from here finds its session
    on that page, and can cancel it there.
    """
    reference = request.GET.get("payment", "")
    if not REFERENCE.fullmatch(reference):
        return None
    return redirect(get_object_or_404(Event, bookings__payments__reference=reference))
