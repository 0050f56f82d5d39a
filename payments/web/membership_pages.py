"""The page of a customer's membership, and its buttons."""

import logging

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.errors import ApiError
from legal.terms import current_terms, read_version
from payments.gateway.billing import subscriptions
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.memberships.checkout import Wish, subscribe, withdraw
from payments.memberships.status import describe_membership, membership_of
from payments.memberships.sync import verify
from payments.models import Plan, Subscription
from payments.web.errors import explain_unavailable
from payments.web.membership_errors import REFUSALS, explain
from payments.web.pages import retry_after
from payments.web.throttles import ActionThrottle, CheckoutThrottle, VerifyThrottle
from waiting.conditional import etag

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def membership(request: HttpRequest) -> HttpResponse:
    """Show the plans, and the membership of the customer who is signed in."""
    if "session_id" in request.GET and not request.user.is_authenticated:
        # Back from Stripe, but signed out: plans to choose from would look as if the payment had failed.
        return redirect_to_login(reverse("payments:membership"))
    return render_membership(request)


def _explain(request: HttpRequest, problem: ApiError) -> HttpResponse:
    page = render_membership(request, problem=str(problem.detail), status=problem.status_code)
    return retry_after(page, problem.wait)


def render_membership(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    subscription = _own(request)
    state = describe_membership(subscription)
    context = {
        "plans": Plan.objects.on_offer(),
        "terms": current_terms(),
        "subscription": subscription,
        "is_entitled": bool(subscription and subscription.is_entitled(timezone.now())),
        "invoices": subscription.invoices.prefetch_related("reversals")[:12] if subscription else [],
        "state": state,
        "etag": etag(state),
        "problem": problem,
    }
    return render(request, "payments/membership.html", context, status=status)


def _own(request: HttpRequest) -> Subscription | None:
    """Return the customer's subscription; close it first if they came back from Stripe without paying."""
    if not isinstance(request.user, User):
        return None
    subscription = membership_of(request.user)
    if subscription and request.GET.get("cancelled") == subscription.reference and request.method == "GET":
        try:
            withdraw(subscription)
        except (StripeUnavailable, StripeRefused):
            return subscription  # The reconciler sees to it later.
        return membership_of(request.user)
    return subscription


@require_POST
@never_cache
def subscribe_to(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the customer to Stripe to pay for a plan."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("payments:membership"))
    plan = Plan.objects.on_offer().filter(slug=slug).first()
    if plan is None:
        return render_membership(request, problem=_("This membership is no longer available."), status=404)
    if not CheckoutThrottle().allows(request):
        return _too_often(request)
    try:
        subscription = subscribe(Wish(request.user, plan, read_version(request.POST.get("terms", ""))))
    except REFUSALS as refusal:
        return _explain(request, explain(refusal))
    return redirect(subscription.checkout_url)


def _too_often(request: HttpRequest) -> HttpResponse:
    problem = _("Too many attempts. Wait a minute, then try again.")
    return retry_after(render_membership(request, problem=problem, status=429), 60)


@require_POST
@never_cache
def check_again(request: HttpRequest) -> HttpResponse:
    """Ask Stripe about the membership now, for browsers without JavaScript."""
    if not VerifyThrottle().allows(request):
        return _too_often(request)
    subscription = _own(request)
    try:
        if subscription and not subscription.is_over:
            verify(subscription)
    except (StripeUnavailable, StripeRefused) as error:
        return _explain(request, explain_unavailable(error))
    return redirect("payments:membership")


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """Close the Checkout Session that waits to be paid; if it was paid meanwhile, the membership counts."""
    subscription = _own(request)
    try:
        if subscription:
            withdraw(subscription)
    except (StripeUnavailable, StripeRefused) as error:
        return _explain(request, explain_unavailable(error))
    return redirect("payments:membership")


@require_POST
@never_cache
def portal(request: HttpRequest) -> HttpResponse:
    """Send the member to Stripe's billing portal."""
    return _to_portal(request, flow="")


@require_safe
@never_cache
def change_card(request: HttpRequest) -> HttpResponse:
    """
    Send the member to where the portal takes another card, from a link that stays good in an email.

    Stripe's own address of it works for some minutes only, so it is made now. The member signs in first.
    """
    return _to_portal(request, flow="payment_method_update")


def _to_portal(request: HttpRequest, *, flow: str) -> HttpResponse:
    if not isinstance(request.user, User):
        return redirect_to_login(request.path if flow else reverse("payments:membership"))
    subscription = membership_of(request.user)
    if subscription is None or not subscription.stripe_customer_id:
        return redirect("payments:membership")
    if not ActionThrottle().allows(request):
        return _too_often(request)
    try:
        return redirect(_open_portal(subscription, flow))
    except (StripeUnavailable, StripeRefused) as error:
        logger.warning("no portal: %s", error, extra={"payment": subscription.reference})
        problem = _("We can’t open your subscription page right now. Please try again in a few minutes.")
        return render_membership(request, problem=problem, status=503)


def _open_portal(subscription: Subscription, flow: str) -> str:
    """Return the portal's address; its first page if it is set up without ``flow``, which Stripe refuses."""
    try:
        return subscriptions.open_portal(subscription, flow=flow)
    except StripeRefused:
        if not flow:
            raise
        return subscriptions.open_portal(subscription)
