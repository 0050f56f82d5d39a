"""Memberships under ``/api/``: each customer's own, once they are signed in."""

from typing import Any

from django.contrib.auth.models import User
from django.core.validators import slug_re
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.authentication import SignedInAuthentication
from config.errors import ApiError
from config.schema import CONDITIONAL, SESSION, SIGNED_OUT, UNCHANGED, operation
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.memberships.checkout import Wish, subscribe
from payments.memberships.status import describe_membership, membership_of
from payments.memberships.sync import verify
from payments.models import Plan, Subscription, membership_topic
from payments.web.errors import THROTTLED, UNAVAILABLE, explain_unavailable
from payments.web.membership_errors import REFUSALS, explain
from payments.web.serializers import MembershipResponseSerializer, TermsSerializer
from payments.web.throttles import VerifyThrottle
from waiting.conditional import conditional


def open_membership(request: Request, slug: Any) -> Response:
    """Answer ``POST /api/checkout`` with a plan's slug, which may be any JSON; raise ``ApiError``."""
    customer = require_customer(request)
    is_one = isinstance(slug, str) and slug_re.match(slug)
    plan = Plan.objects.on_offer().filter(slug=slug).first() if is_one else None
    if plan is None:
        raise ApiError(404, "unknown_plan", _("There’s no membership with this name."))
    agreed = TermsSerializer(data=request.data)
    agreed.is_valid(raise_exception=True)
    try:
        subscription = subscribe(Wish(customer, plan, agreed.validated_data.get("terms")))
    except REFUSALS as refusal:
        raise explain(refusal) from refusal
    return Response(_opened(subscription), status=201)


def _opened(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscription": subscription.reference,
        "session_id": subscription.session_id,
        "checkout_url": subscription.checkout_url,
        "expires_at": subscription.expires_at,
        "status_url": "/api/subscription-status",
    }


def require_customer(request: Request) -> User:
    """Return the customer who is signed in; raise ``ApiError`` 401 if there is none."""
    user = request.user
    if not isinstance(user, User):
        raise ApiError(401, "not_signed_in", _("Sign in first."))
    return user


class MembershipView(APIView):
    """Report the customer's own membership from the primary database, never from a cache."""

    authentication_classes = [SignedInAuthentication]

    @operation(
        parameters=CONDITIONAL,
        responses={200: MembershipResponseSerializer, **UNCHANGED},
        errors=[SIGNED_OUT],
        auth=SESSION,
    )
    def get(self, request: Request) -> Response:
        return _report(request, require_customer(request))


def _report(request: Request, customer: User) -> Response:
    state = describe_membership(membership_of(customer))
    return conditional(request, state, topic=membership_topic(customer.pk))


class MembershipVerifyView(APIView):
    """Ask Stripe about the customer's membership now; at most once in 10 s, however often this is called."""

    authentication_classes = [SignedInAuthentication]
    throttle_classes = [VerifyThrottle]

    @operation(
        responses={200: MembershipResponseSerializer},
        errors=[SIGNED_OUT, THROTTLED, UNAVAILABLE],
        auth=SESSION,
    )
    def post(self, request: Request) -> Response:
        customer = require_customer(request)
        subscription = membership_of(customer)
        try:
            if subscription and not subscription.is_over:
                verify(subscription)
        except (StripeUnavailable, StripeRefused) as error:
            raise explain_unavailable(error) from error
        return _report(request, customer)
