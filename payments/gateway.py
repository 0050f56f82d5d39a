"""
Stripe, in the words of this project. The only module that imports ``stripe``.

https://docs.stripe.com/api
"""

import enum
import functools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import stripe
from django.conf import settings
from django.urls import reverse

from payments.models import Payment

EVENT_ID = re.compile(r"\w{1,255}", re.ASCII)
EVENT_TYPE = re.compile(r"[\w.]{1,100}", re.ASCII)
P = ParamSpec("P")
T = TypeVar("T")


class StripeUnavailable(Exception):
    """Stripe didn't answer, or not in time: whether it did what was asked is unknown."""


class StripeBusy(StripeUnavailable):
    """Too many requests of this process wait for Stripe already; it wasn't asked."""


class StripeRefused(Exception):
    """Stripe said no, and did nothing; ``param`` names what it didn't like, if it said so."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class InvalidSignature(Exception):
    """The body wasn't signed by Stripe for this endpoint, or too long ago."""


class InvalidPayload(Exception):
    """The body is signed, but it isn't an event."""


class SessionState(enum.Enum):
    """What a Checkout Session and its payment intent say together."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class CheckoutSession:
    """A Checkout Session as Stripe told it. ``amount`` is in the minor unit of ``currency``."""

    id: str
    state: SessionState
    url: str
    payment_reference: str
    booking_reference: str
    amount: int
    currency: str
    payment_intent_id: str | None


@functools.cache
def _client() -> stripe.StripeClient:
    # StripeClient retries nothing and waits 80 s unless told otherwise.
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {},
        max_network_retries=settings.STRIPE_RETRIES,
        http_client=stripe.RequestsClient(timeout=settings.STRIPE_TIMEOUT),
    )


LANES = threading.BoundedSemaphore(settings.STRIPE_LANES)


@contextmanager
def _lane() -> Iterator[None]:
    """
    Keep the requests that wait for Stripe to some of the process's threads.

    However slow Stripe is, status pages and webhooks find the other threads free.
    """
    if not LANES.acquire(blocking=False):
        raise StripeBusy
    try:
        yield
    finally:
        LANES.release()


def _asking_stripe(ask: Callable[P, T]) -> Callable[P, T]:
    """Run ``ask`` in a lane, and turn Stripe's errors into the two that make a difference here."""

    @functools.wraps(ask)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with _lane():
            try:
                return ask(*args, **kwargs)
            except stripe.RateLimitError as error:
                raise StripeUnavailable(str(error)) from error
            except (stripe.APIConnectionError, stripe.APIError) as error:
                raise StripeUnavailable(str(error)) from error
            except stripe.StripeError as error:
                raise StripeRefused(str(error), getattr(error, "param", None)) from error

    return wrapper


@_asking_stripe
def open_session(payment: Payment) -> CheckoutSession:
    """
    Open a Checkout Session for ``payment`` and return it.

    ``payment.amount`` is asked for as the sum of its seats, in Stripe's minor unit. Calling this again for
    one payment returns the same session, whoever calls and whether or not the first reply arrived: all
    parameters come from rows that don't change, and the payment's reference is the idempotency key.

    Raise ``StripeUnavailable`` or ``StripeRefused``. Nothing is charged here and nothing is saved.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    session = _client().v1.checkout.sessions.create(
        params=_session_params(payment),
        options={"idempotency_key": f"checkout-{payment.reference}"},
    )
    return _read_session(session.to_dict())


def _session_params(payment: Payment) -> Any:
    booking = payment.booking
    metadata = {"payment": payment.reference}
    success, cancelled = reverse("payments:success"), reverse("payments:cancelled")
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.currency,
                    "unit_amount": booked.price,
                    "product_data": {"name": f"{booking.event.title}: {booked.seat.label}"},
                },
            }
            for booked in booking.booked_seats.select_related("seat").order_by("seat_id")
        ],
        "customer_email": booking.email,
        "client_reference_id": booking.reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "expires_at": int(payment.expires_at.timestamp()),
        # Stripe fills in the placeholder, but only in this address.
        "success_url": f"{settings.SITE_URL}{success}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.SITE_URL}{cancelled}?payment={payment.reference}",
    }


@_asking_stripe
def fetch_session(session_id: str) -> CheckoutSession:
    """
    Return the Checkout Session as it is at Stripe now.

    Raise ``StripeUnavailable``, or ``StripeRefused`` if Stripe doesn't know it.

    https://docs.stripe.com/api/checkout/sessions/retrieve
    """
    return _fetch(session_id)


@_asking_stripe
def expire_session(session_id: str) -> CheckoutSession:
    """
    Close the Checkout Session so that nobody can pay it, and return what it is then.

    Only an open session can be closed. One that isn't any more is returned as it is, which may be paid.
    Raise ``StripeUnavailable`` (then it may still be open) or ``StripeRefused``.

    https://docs.stripe.com/api/checkout/sessions/expire
    """
    try:
        return _read_session(_client().v1.checkout.sessions.expire(session_id).to_dict())
    except stripe.InvalidRequestError:
        return _fetch(session_id)


def _fetch(session_id: str) -> CheckoutSession:
    session = _client().v1.checkout.sessions.retrieve(session_id, params={"expand": ["payment_intent"]})
    return _read_session(session.to_dict())


def verify_event(body: bytes, signature: str) -> dict[str, Any]:
    """
    Return the event that Stripe has signed: a dict with ``id``, ``type`` and ``data.object``.

    The signature is checked on the raw body, with each of the endpoint's secrets, before anything reads it.
    Raise ``InvalidSignature`` or ``InvalidPayload``.

    https://docs.stripe.com/webhooks#verify-official-libraries
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidSignature from error
    if not signature.isascii() or not any(
        _is_signed(text, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS
    ):
        raise InvalidSignature
    return _parse_event(text)


def _is_signed(text: str, signature: str, secret: str) -> bool:
    try:
        return stripe.WebhookSignature.verify_header(
            text, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
    except stripe.SignatureVerificationError:
        return False


def _parse_event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
        if event.get("object") == "v2.core.event":  # A thin event tells no object, only where to find one.
            event.setdefault("data", {}).setdefault("object", {})
        well_formed = EVENT_ID.fullmatch(event["id"]) and EVENT_TYPE.fullmatch(event["type"])
        if not (well_formed and isinstance(event["data"]["object"], dict)):
            raise InvalidPayload
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidPayload from error
    return event


def session_of(event: dict[str, Any]) -> CheckoutSession:
    """Return the Checkout Session that a ``checkout.session.*`` event carries, as it was at that moment."""
    session = _read_session(event["data"]["object"])
    if event["type"] == "checkout.session.async_payment_failed" and session.state == SessionState.PROCESSING:
        # The session itself looks as it did while the bank was deciding.
        return replace(session, state=SessionState.FAILED)
    return session


def _read_session(session: dict[str, Any]) -> CheckoutSession:
    intent = session.get("payment_intent")
    return CheckoutSession(
        id=session["id"],
        state=_read_state(session),
        url=session.get("url") or "",
        payment_reference=(session.get("metadata") or {}).get("payment") or "",
        booking_reference=session.get("client_reference_id") or "",
        amount=session.get("amount_total") or 0,
        currency=session.get("currency") or "",
        payment_intent_id=intent["id"] if isinstance(intent, dict) else intent,
    )


def _read_state(session: dict[str, Any]) -> SessionState:
    if session["payment_status"] != "unpaid":
        return SessionState.PAID
    match session["status"]:
        case "open":
            return SessionState.OPEN
        case "expired":
            return SessionState.EXPIRED
        case "complete":
            return SessionState.FAILED if _intent_has_failed(session) else SessionState.PROCESSING
        case unknown:
            raise StripeRefused(f"Stripe told a status of a session that isn't known here: {unknown}")


def _intent_has_failed(session: dict[str, Any]) -> bool:
    """Whether a delayed payment has come to nothing; known only where the intent was fetched along."""
    intent = session.get("payment_intent")
    return isinstance(intent, dict) and intent["status"] in ("requires_payment_method", "canceled")
