"""Paying for places that were offered to somebody on the waiting list, by the ordinary road."""

import hashlib
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import WaitingEntry
from bookings.waiting_list.taking import OfferOver
from bookings.web.waiting_forms import OfferForm
from bookings.web.waiting_pages import find_entry, render_entry
from customers.claims import buyer_from_request, signed_in_user
from payments.checkout.start import CheckoutRequest, open_checkout
from payments.web.errors import REFUSALS, explain
from payments.web.pages import lead_on, retry_after
from payments.web.throttles import CheckoutThrottle


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def take_offer(request: HttpRequest, reference: str) -> HttpResponse:
    """Send somebody to Stripe to pay for what is kept for them: whose mailbox it is, their link has shown."""
    entry = find_entry(reference)
    if request.method != "POST":
        return redirect(entry)
    form = OfferForm(request.POST, entry=entry)
    if not CheckoutThrottle().allows(request):
        words = _("Too many attempts. Wait a minute, then try again.")
        return retry_after(render_entry(request, entry, form, problem=words, status=429), 60)
    if not form.is_valid():
        return render_entry(request, entry, form, status=400)
    try:
        bought = open_checkout(_checkout_request(request, entry, form))
    except OfferOver:
        return redirect(entry)  # Its page says what became of the offer.
    except REFUSALS as refusal:
        problem = explain(refusal)
        answer = render_entry(request, entry, form, problem=str(problem.detail), status=problem.status_code)
        return retry_after(answer, problem.wait)
    return lead_on(request, bought)


def _checkout_request(request: HttpRequest, entry: WaitingEntry, form: OfferForm) -> CheckoutRequest:
    buyer = buyer_from_request(request, name=form.cleaned_data["name"], email=entry.email)
    wanted = CheckoutRequest(
        event=entry.event,
        member=signed_in_user(request),
        buyer=replace(buyer, visitor=replace(buyer.visitor, has_confirmed_email=True)),
        wish=form.wish,
        terms=form.cleaned_data["terms"],
        offer=entry,
    )
    parts = (entry.reference, form.cleaned_data["attempt"], wanted.fingerprint)
    return replace(wanted, attempt=hashlib.sha256(":".join(("offer", *parts)).encode()).hexdigest())
