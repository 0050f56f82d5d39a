"""The page of what is held: its types, its total, and how it is paid."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking, BookingStatus
from payments.checkout.link import send_link
from payments.counter.desk import sell_held
from payments.counter.holding import hold_otherwise, let_go
from payments.counter.selling import NotHeld, TillClosed
from payments.counter.tills import open_till_of
from payments.counter_pages.access import GIVE_AWAY, SELL, clerk, counter_page, find_hold
from payments.counter_pages.forms.paying import LINK, PayForm
from payments.counter_pages.forms.wishes import HeldForm
from payments.counter_pages.offer import Offer
from payments.models import CounterSale, Payment, SaleKind
from payments.web.errors import REFUSALS, explain

NO_TILL = "Open a till first."
OVER = "The hold ended, so nothing was sold. Choose again."


@counter_page(SELL)
def held(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is held; with POST, hold it as other types, or other numbers of places."""
    booking = find_hold(request, reference)
    if request.method != "POST":
        return _show(request, booking)
    form = HeldForm(request.POST, offer=Offer(booking.event), booking=booking)
    if not form.is_valid():
        return _show(request, booking, form=form, status=400)
    typed = PayForm(request.POST, **_cost(booking))
    typed.full_clean()
    try:
        return redirect("counter:held", hold_otherwise(booking, form.wish, typed.customer).reference)
    except NotHeld:
        return _show(request, booking, problem=OVER, status=409)
    except REFUSALS as refusal:
        problem = explain(refusal)
        form.add_error(None, str(problem.detail))
        return _show(request, booking, form=form, status=problem.status_code)


@counter_page(SELL, methods="POST")
def pay(request: HttpRequest, reference: str) -> HttpResponse:
    booking = find_hold(request, reference)
    lines = HeldForm(request.POST, offer=Offer(booking.event), booking=booking)
    if "lines" in request.POST and booking.status == BookingStatus.HELD and lines.has_changed():
        return _change_first(request, booking, lines)
    form = PayForm(request.POST, **_cost(booking))
    if not form.is_valid():
        return _show(request, booking, pay_form=form, status=400)
    if form.way == SaleKind.COMPLIMENTARY and not request.user.has_perm(GIVE_AWAY):
        raise PermissionDenied
    try:
        return _sell(request, booking, form)
    except NotHeld:
        booking.refresh_from_db(fields=["status"])
        return _show(request, booking, pay_form=form, problem=OVER, status=409)
    except TillClosed:
        form.add_error(None, NO_TILL)
        return _show(request, booking, pay_form=form, status=409)
    except REFUSALS as refusal:
        problem = explain(refusal)
        booking.refresh_from_db(fields=["status"])
        return _show(request, booking, pay_form=form, problem=str(problem.detail), status=problem.status_code)


def _change_first(request: HttpRequest, booking: Booking, lines: HeldForm) -> HttpResponse:
    """Hold what was changed on the page, and let its new total be read before anything is paid."""
    answer = held(request, booking.reference)
    if lines.is_valid() and answer.status_code == HTTPStatus.FOUND:
        messages.warning(request, "The order changed, so nothing was sold yet. Check the new total.")
    return answer


def _sell(request: HttpRequest, booking: Booking, form: PayForm) -> HttpResponse:
    if form.way == LINK:
        send_link(booking, form.customer)
        return redirect("counter:held", booking.reference)
    sale = sell_held(
        booking,
        SaleKind(form.way),
        seller=clerk(request),
        customer=form.customer,
        reason=form.cleaned_data["reason"],
        allowed_by=form.cleaned_data["allowed_by"],
    )
    given = form.cleaned_data["given"] if form.way == SaleKind.CASH else None
    return redirect(reverse("counter:sale", args=[sale.pk], query={"given": given} if given else None))


@counter_page(SELL, methods="POST")
def end(request: HttpRequest, reference: str) -> HttpResponse:
    """Let go what is held, for the next customer."""
    booking = find_hold(request, reference)
    let_go(booking)
    return redirect("counter:choose", booking.event.slug)


def _cost(booking: Booking) -> dict[str, Any]:
    amount = sum(booking.booked_seats.current().values_list("price", flat=True))
    return {"amount": amount, "currency": booking.event.currency}


def _known(booking: Booking) -> dict[str, str]:
    return {"name": booking.name, "email": booking.email, "language": booking.language}


def _show(
    request: HttpRequest,
    booking: Booking,
    *,
    form: HeldForm | None = None,
    pay_form: PayForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    if sale := CounterSale.objects.filter(booking=booking).first():
        return redirect("counter:sale", sale.pk)
    payment = Payment.objects.of_booking(booking)
    now = timezone.now()
    context = {
        "booking": booking,
        "event": booking.event,
        "payment": payment,
        "is_held": booking.status == BookingStatus.HELD,
        "seconds": max(0, int((booking.held_until - now).total_seconds())),
        "form": form or HeldForm(offer=Offer(booking.event), booking=booking),
        "pay_form": pay_form or PayForm(initial=_known(booking), **_cost(booking)),
        "problem": problem,
        "till": open_till_of(clerk(request), booking.event.currency),
        "may_give_away": request.user.has_perm(GIVE_AWAY),
        **_cost(booking),
    }
    return render(request, "payments/counter/held.html", context, status=status)
