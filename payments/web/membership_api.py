"""Memberships under ``/api/``: for whoever is signed in, and about nobody else."""

from typing import Any

from django.contrib.auth.models import User
from django.core.validators import slug_re
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.authentication import SignedInAuthentication
from config.errors import ApiError
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.memberships.checkout import subscribe
from payments.memberships.status import STATUSES, describe_membership, membership_of
from payments.memberships.sync import verify
from payments.models import Plan, Source, Subscription, membership_topic
from payments.web.errors import explain_silence
from payments.web.membership_errors import REFUSALS, explain
from waiting.conditional import conditional


class MembershipResponseSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    plan = serializers.CharField(allow_null=True)
    entitled_until = serializers.DateTimeField(allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    source = serializers.ChoiceField(choices=Source.choices, allow_null=True)  # type: ignore[assignment]
    checked_at = serializers.DateTimeField(allow_null=True)


class MembershipCheckoutResponseSerializer(serializers.Serializer):
    subscription = serializers.CharField()
    session_id = serializers.CharField()
    checkout_url = serializers.URLField()
    expires_at = serializers.DateTimeField()
    status_url = serializers.CharField()


def open_membership(request: Request, slug: Any) -> Response:
    """Answer ``POST /api/checkout`` with a plan."""
    customer = require_customer(request)
    is_one = isinstance(slug, str) and slug_re.match(slug)
    plan = Plan.objects.on_offer().filter(slug=slug).first() if is_one else None
    if plan is None:
        raise ApiError(404, "unknown_plan", _("There is no membership with this name."))
    try:
        subscription = subscribe(customer, plan)
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
    """Return who is signed in; raise ``ApiError`` 401 if nobody is."""
    user = request.user
    if not isinstance(user, User):
        raise ApiError(401, "not_signed_in", _("Please sign in first."))
    return user


class MembershipView(APIView):
    """Report the membership of whoever is signed in from the primary database, never from a cache."""

    authentication_classes = [SignedInAuthentication]

    @extend_schema(
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
            OpenApiParameter("Prefer", str, OpenApiParameter.HEADER, description="wait=N, at most 30 s"),
        ],
        responses={200: MembershipResponseSerializer, 304: None},
    )
    def get(self, request: Request) -> Response:
        return _report(request, require_customer(request))


def _report(request: Request, customer: User) -> Response:
    state = describe_membership(membership_of(customer))
    return conditional(request, state, topic=membership_topic(customer.pk))


class MembershipVerifyView(APIView):
    """Ask Stripe about one's own membership now, at most once in 10 s however many ask."""

    authentication_classes = [SignedInAuthentication]

    @extend_schema(request=None, responses={200: MembershipResponseSerializer})
    def post(self, request: Request) -> Response:
        customer = require_customer(request)
        subscription = membership_of(customer)
        try:
            if subscription and not subscription.is_over:
                verify(subscription)
        except (StripeUnavailable, StripeRefused) as error:
            raise explain_silence() from error
        return _report(request, customer)
