"""The JSON interface: parse, call one function, answer."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from bookings.events.addresses import find_event
from bookings.models import Booking, booking_topic
from bookings.references import REFERENCE
from config.authentication import SignedInAuthentication
from config.errors import ApiError, unavailable
from config.schema import CONDITIONAL, UNCHANGED, Errors, operation
from customers.claims import buyer_from_request, signed_in_user
from customers.visitors import remember_browser
from payments import metrics
from payments.checkout.cancellation import NotCancellable, cancel_booking
from payments.checkout.start import CheckoutRequest, is_payable, open_checkout, refuse_early
from payments.gateway.errors import InvalidSignature, StripeRefused, StripeUnavailable
from payments.gateway.event_objects import InvalidPayload
from payments.gateway.signatures import verify_event
from payments.ledger.verification import verify
from payments.models import CounterSale, Payment
from payments.status.bookings import describe_booking
from payments.status.payment import report
from payments.web.errors import (
    CHECKOUT,
    REFUSALS,
    THROTTLED,
    UNAVAILABLE,
    explain,
    explain_unavailable,
)
from payments.web.membership_api import open_membership
from payments.web.membership_errors import SUBSCRIBING
from payments.web.serializers import (
    CHECKOUT_REQUEST,
    CHECKOUT_RESPONSE,
    CancelRequestSerializer,
    EntryInSyncSerializer,
    OverCheckoutSerializer,
    SeatCheckoutSerializer,
    SessionRequestSerializer,
    StatusResponseSerializer,
    WebhookResponseSerializer,
)
from payments.web.throttles import ActionThrottle, CheckoutThrottle, VerifyThrottle
from payments.webhook import intake
from waiting.conditional import conditional

KEPT_HEADERS = ("Stripe-Signature", "User-Agent", "Content-Type")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Makes a repeated purchase of seats return the first one's answer, or how that has ended.",
)
REFUND = OpenApiParameter("refund", int, description="As in the body, which counts if both are given.")
UNKNOWN_SESSION: Errors = {404: {"unknown_session": {}}}
CANCELLING: Errors = {
    404: {"unknown_booking": {}},
    409: {"not_cancellable": {}},
    429: {"throttled": {}},
}
WEBHOOK: Errors = {
    400: {"invalid_signature": {}, "invalid_payload": {}},
    500: {"not_applied": {}},
}


class CheckoutView(APIView):
    """Hold seats and open a Checkout Session for them, or with a ``plan`` open one for a membership."""

    authentication_classes = [SignedInAuthentication]
    throttle_classes = [CheckoutThrottle]

    @operation(
        request=CHECKOUT_REQUEST,
        responses={201: CHECKOUT_RESPONSE, 200: OverCheckoutSerializer},
        errors=[CHECKOUT, SUBSCRIBING],
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and "plan" in request.data:
            return open_membership(request, request.data["plan"])
        wanted = SeatCheckoutSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            bought = open_checkout(_checkout_request(request, wanted.validated_data))
        except REFUSALS as refusal:
            raise explain(refusal) from refusal
        if isinstance(bought, CounterSale):
            response = Response(_free(bought), status=201)
        elif is_payable(bought):
            response = Response({**_known(bought), "checkout_url": bought.checkout_url}, status=201)
        else:
            return Response({**_known(bought), "status": bought.status})
        remember_browser(request._request, response)
        return response


def _checkout_request(request: Request, wanted: dict[str, Any]) -> CheckoutRequest:
    event = find_event(wanted["event"])
    if event is None:
        raise ApiError(404, "unknown_event", _("There’s no event with this name."))
    key = request.headers.get("Idempotency-Key", "")
    attempt = hashlib.sha256(f"api:{key}".encode()).hexdigest() if key else ""
    wish = wanted["wish"]
    refuse_early(event, wish, attempt=attempt)
    return CheckoutRequest(
        event=event,
        wish=wish,
        total=wanted.get("total"),
        member=signed_in_user(request._request),
        buyer=buyer_from_request(request._request, name=wanted["name"], email=wanted["email"]),
        attempt=attempt,
        terms=wanted.get("terms"),
    )


def _free(sale: CounterSale) -> dict[str, Any]:
    """Return the answer about a booking that cost nothing, and has its tickets."""
    nothing = dict.fromkeys(("session_id", "checkout_url", "expires_at", "status_url"))
    url = settings.SITE_URL + sale.booking.get_absolute_url()
    return {"booking": sale.booking.reference, **nothing, "booking_url": url}


def _known(payment: Payment) -> dict[str, Any]:
    return {
        "booking": payment.booking.reference,
        "session_id": payment.session_id,
        "expires_at": payment.expires_at,
        "status_url": f"{reverse('payments:status')}?session_id={payment.session_id}",
    }


class StatusView(APIView):
    """
    Report one payment from the primary database, never from a cache.

    The session id is the key: it is long and random, and only the customer was given it.
    """

    @operation(
        parameters=[OpenApiParameter("session_id", str, required=True), *CONDITIONAL],
        responses={200: StatusResponseSerializer, **UNCHANGED},
        errors=[UNKNOWN_SESSION],
    )
    def get(self, request: Request) -> Response:
        return _report(request, request.query_params.get("session_id", ""))


def _report(request: Request, session_id: str) -> Response:
    """Answer with the status of a session; raise ``ApiError`` 404 if no payment has it."""
    found = report(session_id)
    if found is None:
        raise ApiError(404, "unknown_session", _("There’s no payment with this session."))
    topic = booking_topic(found.state["booking"]["reference"])
    return conditional(request, found.state, topic=topic, tag=found.version, is_shared=True)


class VerifyView(APIView):
    """Ask Stripe about one payment now; at most once in 10 s, however often this is called."""

    throttle_classes = [VerifyThrottle]

    @operation(
        request=SessionRequestSerializer,
        responses={200: StatusResponseSerializer},
        errors=[UNKNOWN_SESSION, THROTTLED, UNAVAILABLE],
    )
    def post(self, request: Request) -> Response:
        wanted = SessionRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        session_id = wanted.validated_data["session_id"]
        try:
            verify(session_id)
        except (StripeUnavailable, StripeRefused) as error:
            raise explain_unavailable(error) from error
        return _report(request, session_id)


class CancelView(APIView):
    """
    Cancel a booking, or some seats of it; seats that are cancelled already are skipped.

    The booking's reference is the key, as for its page. With ``refund``, only if exactly that is refunded.
    """

    throttle_classes = [ActionThrottle]

    @operation(
        request=CancelRequestSerializer,
        responses={200: EntryInSyncSerializer},
        errors=[CANCELLING, UNAVAILABLE],
        parameters=[REFUND],
    )
    def post(self, request: Request, reference: str) -> Response:
        wanted = CancelRequestSerializer(data={**request.query_params.dict(), **_object(request)})
        wanted.is_valid(raise_exception=True)
        is_one = REFERENCE.fullmatch(reference)
        booking = Booking.objects.filter(reference=reference).first() if is_one else None
        if booking is None:
            raise ApiError(404, "unknown_booking", _("There’s no booking with this reference."))
        seats, refund = wanted.validated_data.get("seats", ()), wanted.validated_data.get("refund")
        try:
            cancel_booking(booking, labels=seats, expected=refund)
        except NotCancellable as refusal:
            raise ApiError(409, "not_cancellable", str(refusal)) from refusal
        except (StripeUnavailable, StripeRefused) as error:
            raise explain_unavailable(error) from error
        return Response(describe_booking(reference))


def _object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body of ``request``, which may be empty; else raise ``ApiError``."""
    if not isinstance(request.data, dict):
        raise ApiError(400, "invalid", _("Send a JSON object, or nothing."))
    return request.data


class WebhookView(APIView):
    """Receive Stripe's events. 2xx means that nothing is left to do; anything unexpected is a 500."""

    parser_classes = []  # Stripe signs the raw body.

    @operation(
        request={"application/json": OpenApiTypes.OBJECT},
        reads_json=False,
        responses={200: WebhookResponseSerializer},
        errors=[WEBHOOK],
        parameters=[OpenApiParameter("Stripe-Signature", str, OpenApiParameter.HEADER, required=True)],
    )
    @metrics.WEBHOOK_SECONDS.time()
    def post(self, request: Request) -> Response:
        try:
            body = request._request.body
            event = verify_event(body, request.headers.get("Stripe-Signature", ""))
        except InvalidSignature as error:
            metrics.WEBHOOK_REFUSED.labels("invalid_signature").inc()
            raise ApiError(400, "invalid_signature", _("This request was not signed by Stripe.")) from error
        except (InvalidPayload, RequestDataTooBig) as error:
            metrics.WEBHOOK_REFUSED.labels("invalid_payload").inc()
            raise ApiError(400, "invalid_payload", _("This is not an event.")) from error
        kept = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        try:
            return Response(
                {"received": True, "outcome": intake.receive(event, body=body.decode(), headers=kept)}
            )
        except intake.NotApplied as error:
            if away := unavailable(error.__cause__):
                raise away from error
            raise ApiError(
                500, "not_applied", _("Recorded, but not applied. Please send it again.")
            ) from error
