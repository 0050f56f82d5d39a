"""
Stripe, in the words of this project. The only module that imports ``stripe``.

https://docs.stripe.com/api
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import stripe
from django.conf import settings
from django.utils import timezone

from payments import metrics
from payments.models import Payment, Refund, StripeState
from payments.stripe_objects import (
    CheckoutSession,
    Json,
    StripeDispute,
    StripeRefund,
    UnknownState,
    WebhookEndpoint,
    parse_event,
    read_dispute,
    read_endpoint,
    read_refund,
    read_session,
)
from payments.stripe_params import session_params

# The one that the installed library sends with each request, and that its objects have the shape of.
API_VERSION = stripe.api_version

P = ParamSpec("P")
T = TypeVar("T")


class StripeUnavailable(Exception):
    """Stripe didn't answer, or not in time: whether it did what was asked is unknown."""

    outcome = "unavailable"


class StripeBusy(StripeUnavailable):
    """Too many requests of this process wait for Stripe already; it wasn't asked."""

    outcome = "busy"


class StripeRefused(Exception):
    """Stripe said no, and did nothing; ``code`` and ``param`` name what it didn't like, if it said so."""

    outcome = "refused"

    def __init__(self, message: str, *, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class UnknownToStripe(StripeRefused):
    """Stripe has no such object."""


class Unreadable(StripeRefused):
    """Stripe answered with something that isn't known here, so what was asked for may have been done."""


class KeyRefused(StripeRefused):
    """Stripe doesn't know our key (401)."""


class NotAllowed(StripeRefused):
    """Our key may not do this (403)."""


class InvalidSignature(Exception):
    """The body wasn't signed by Stripe for this endpoint, or too long ago."""


@functools.cache
def client() -> stripe.StripeClient:
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


def asking_stripe(ask: Callable[P, T]) -> Callable[P, T]:
    """Run ``ask`` in a lane, and turn Stripe's errors into the two that make a difference here."""

    @functools.wraps(ask)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with metrics.stripe_call(ask.__name__), _lane():
            try:
                return ask(*args, **kwargs)
            except stripe.RateLimitError as error:
                raise StripeUnavailable(str(error)) from error
            except (stripe.APIConnectionError, stripe.APIError) as error:
                raise StripeUnavailable(str(error)) from error
            except UnknownState as error:
                raise Unreadable(str(error)) from error
            except stripe.AuthenticationError as error:
                raise KeyRefused(str(error)) from error
            except stripe.PermissionError as error:
                raise NotAllowed(str(error)) from error
            except stripe.StripeError as error:
                missing = error.code == "resource_missing" and error.http_status == 404
                refusal = UnknownToStripe if missing else StripeRefused
                param = getattr(error, "param", None) or ""
                raise refusal(str(error), code=error.code or "", param=param) from error

    return wrapper


@asking_stripe
def open_session(payment: Payment) -> CheckoutSession:
    """
    Open a Checkout Session for ``payment`` and return it.

    ``payment.amount`` is asked for as the sum of its seats, in Stripe's minor unit. Calling this again for
    one payment returns the same session, whoever calls and whether or not the first reply arrived: all
    parameters come from rows that don't change, and the payment's reference is the idempotency key.

    Raise ``StripeUnavailable`` or ``StripeRefused``. Nothing is charged here and nothing is saved.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    session = client().v1.checkout.sessions.create(
        params=session_params(payment),
        options={"idempotency_key": f"checkout-{payment.reference}"},
    )
    return read_session(session.to_dict())


# With these, one call tells all that a payment may have become, except how a dispute stands.
WHOLE_STORY = ["payment_intent.latest_charge.refunds"]


@asking_stripe
def fetch_session(session_id: str) -> CheckoutSession:
    """
    Return the Checkout Session as it is at Stripe now, with its refunds.

    Raise ``StripeUnavailable``, or ``UnknownToStripe``.

    https://docs.stripe.com/api/checkout/sessions/retrieve
    """
    return _fetch(session_id)


@asking_stripe
def expire_session(session_id: str) -> CheckoutSession:
    """
    Close the Checkout Session so that nobody can pay it, and return what it is then.

    Only an open session can be closed. One that isn't any more is returned as it is, which may be paid.
    Raise ``StripeUnavailable`` (then it may still be open) or ``StripeRefused``.

    https://docs.stripe.com/api/checkout/sessions/expire
    """
    try:
        return read_session(client().v1.checkout.sessions.expire(session_id).to_dict())
    except stripe.InvalidRequestError:
        return _fetch(session_id)


def _fetch(session_id: str) -> CheckoutSession:
    asked_at = timezone.now()
    told = client().v1.checkout.sessions.retrieve(session_id, params={"expand": WHOLE_STORY})
    session = read_session(told.to_dict(), asked_at=asked_at)
    if session.state == StripeState.PAID and _has_more_refunds(told):
        return replace(session, refunds=tuple(_list_refunds(str(session.payment_intent_id), asked_at)))
    return session


def _has_more_refunds(session: Any) -> bool:
    intent = session.payment_intent
    return bool(intent and intent.latest_charge and intent.latest_charge.refunds.has_more)


@asking_stripe
def open_refund(refund: Refund) -> StripeRefund:
    """
    Ask Stripe to pay ``refund.amount`` back, an integer in the minor unit of its currency.

    The refund's reference is the idempotency key, so asking again returns the same refund, until Stripe has
    forgotten the key after a day. Raise ``StripeUnavailable`` (then it may have been made) or
    ``StripeRefused``. Nothing is saved.

    https://docs.stripe.com/api/refunds/create
    """
    asked_at = timezone.now()
    told = client().v1.refunds.create(
        params={
            "payment_intent": str(refund.payment.payment_intent_id),
            "amount": refund.amount,
            "metadata": {"refund": refund.reference},
        },
        options={"idempotency_key": f"refund-{refund.reference}"},
    )
    return read_refund(told.to_dict(), asked_at=asked_at)


@asking_stripe
def find_refund(refund: Refund) -> StripeRefund | None:
    """
    Return the refund at Stripe that was made for this row, or None if none was.

    Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/refunds/list
    """
    told = _list_refunds(str(refund.payment.payment_intent_id), timezone.now())
    return next((one for one in told if one.reference == refund.reference), None)


def _list_refunds(payment_intent_id: str, asked_at: datetime) -> Iterator[StripeRefund]:
    page = client().v1.refunds.list(params={"payment_intent": payment_intent_id, "limit": 100})
    return (read_refund(refund.to_dict(), asked_at=asked_at) for refund in page.auto_paging_iter())


@asking_stripe
def fetch_disputes(payment_intent_id: str) -> list[StripeDispute]:
    """
    Return the disputes about a payment intent as they are at Stripe now, the oldest first.

    Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/disputes/list
    """
    asked_at = timezone.now()
    page = client().v1.disputes.list(params={"payment_intent": payment_intent_id, "limit": 100})
    told = [read_dispute(dispute.to_dict(), asked_at=asked_at) for dispute in page.auto_paging_iter()]
    return told[::-1]


@asking_stripe
def fetch_payment_reference(payment_intent_id: str) -> str:
    """
    Return our reference in the metadata of a payment intent, empty if it isn't ours.

    https://docs.stripe.com/api/payment_intents/retrieve
    """
    intent = client().v1.payment_intents.retrieve(payment_intent_id).to_dict()
    return (intent.get("metadata") or {}).get("payment") or ""


@asking_stripe
def fetch_events(types: Iterable[str], *, since: datetime, after: str) -> tuple[list[Json], bool]:
    """
    Return a page of the events of up to 20 ``types`` since then, the newest first, and whether more follow.

    The next page comes ``after`` the id of this one's last. Stripe keeps events for 30 days; they look as
    when they were delivered, and it doesn't matter whether they were. Raise ``StripeUnavailable`` or
    ``StripeRefused``.

    https://docs.stripe.com/api/events/list
    """
    wanted: Any = {"types": sorted(types), "created": {"gte": int(since.timestamp())}, "limit": 100}
    page = client().v1.events.list(params={**wanted, "starting_after": after} if after else wanted)
    return [event.to_dict() for event in page.data], page.has_more


# What the project reads, as Stripe's library names it; a restricted key may lack the right to some of it.
READS = ("checkout.sessions", "payment_intents", "refunds", "disputes", "events")
READS_OF_MEMBERSHIPS = ("subscriptions", "invoices", "prices", "products", "billing_portal.configurations")
WRITES = ("checkout.sessions", "refunds")
WRITES_OF_MEMBERSHIPS = ("billing_portal.sessions",)


@asking_stripe
def try_reading(what: str) -> datetime | None:
    """
    Ask for one object of a kind such as ``READS`` has, and return what time it is at Stripe, if it says so.

    Raise ``KeyRefused``, ``StripeRefused`` or ``StripeUnavailable``.
    """
    page = attrgetter(what)(client().v1).list(params={"limit": 1})
    date = page.last_response.headers.get("Date")
    return parsedate_to_datetime(date) if date else None


# What the project does, tried on what nobody has: the right to a POST is looked at before what it is about.
NOBODYS = "doctor_0"
TRIALS: dict[str, Callable[[], object]] = {
    "checkout.sessions": lambda: client().v1.checkout.sessions.expire(f"cs_{NOBODYS}"),
    "refunds": lambda: client().v1.refunds.create(params={"payment_intent": f"pi_{NOBODYS}"}),
    "billing_portal.sessions": lambda: client().v1.billing_portal.sessions.create(
        params={"customer": f"cus_{NOBODYS}"}
    ),
}


@asking_stripe
def try_writing(what: str) -> None:
    """
    See whether the key may do what ``TRIALS`` has, by asking for what can't be done; nothing is changed.

    Raise ``KeyRefused``, ``NotAllowed``, ``StripeRefused`` or ``StripeUnavailable``.
    """
    try:
        TRIALS[what]()
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise


@asking_stripe
def fetch_endpoints() -> list[WebhookEndpoint]:
    """
    Return the account's webhook endpoints, of which there are few.

    Raise ``StripeUnavailable`` or ``StripeRefused``. https://docs.stripe.com/api/webhook_endpoints/list
    """
    page = client().v1.webhook_endpoints.list(params={"limit": 100})
    return [read_endpoint(endpoint.to_dict()) for endpoint in page.data]


def sign(body: bytes, secret: str) -> str:
    """Return the header with which Stripe would sign ``body`` now."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret)


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
    return parse_event(text)


def _is_signed(text: str, signature: str, secret: str) -> bool:
    try:
        return stripe.WebhookSignature.verify_header(
            text, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
    except stripe.SignatureVerificationError:
        return False
