"""Checkout Sessions for payments: opened, fetched with their refunds, expired."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import stripe
from django.utils import timezone

from payments.gateway.checkout.session_objects import CheckoutSession, read_session
from payments.gateway.checkout.session_params import session_params
from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.metadata import Claim, read_claim
from payments.gateway.objects import Json
from payments.gateway.refunds import list_refunds
from payments.models import Payment, StripeState

# Longer than any process goes on asking for one session.
OPENED_WITHIN = timedelta(minutes=15)


@asking_stripe
def open_session(payment: Payment) -> CheckoutSession:
    """
    Open a Checkout Session for ``payment`` and return it.

    ``payment.amount`` is asked for as the sum of its seats, in Stripe's minor unit. Calling this again for
    one payment returns the same session, from any process and whether or not the first reply arrived: the
    parameters are those that were saved with the payment, and its reference is the idempotency key.

    Nothing is charged here and nothing is saved. Raise ``StripeUnavailable``, ``KeySpent`` or
    ``StripeRefused``.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    session = stripe_client().v1.checkout.sessions.create(
        params=payment.session_params or session_params(payment, payment.booking.booked_seats.with_seats()),
        options={"idempotency_key": payment.idempotency_key},
    )
    return read_session(session.to_dict())


@asking_stripe
def find_open_sessions(payment: Payment) -> list[str]:
    """
    Return the ids of the open sessions that were opened for ``payment``, though no reply said so.

    Stripe can't search them by their metadata, so those of the same minutes are read.

    https://docs.stripe.com/api/checkout/sessions/list
    """
    since = int((payment.created_at - timedelta(minutes=1)).timestamp())
    until = int((payment.created_at + OPENED_WITHIN).timestamp())
    wanted: Any = {"status": "open", "created": {"gte": since, "lte": until}, "limit": 100}
    listed = stripe_client().v1.checkout.sessions.list(params=wanted).auto_paging_iter()
    return list(_ids_of(payment, listed))


def _ids_of(payment: Payment, sessions: Any) -> Iterator[str]:
    for session in sessions:
        claim = read_claim(session.to_dict(), "payment")
        if claim.reference == payment.reference and not claim.is_foreign:
            yield session.id


# With these, one call returns all that may have become of a payment, except the state of a dispute.
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
    Expire the Checkout Session so that it can't be paid, and return it as it is then.

    Only an open session can be closed. One that isn't any more is returned as it is, which may be paid.
    Raise ``StripeUnavailable`` (then it may still be open) or ``StripeRefused``.

    https://docs.stripe.com/api/checkout/sessions/expire
    """
    try:
        return read_session(stripe_client().v1.checkout.sessions.expire(session_id).to_dict())
    except stripe.InvalidRequestError:
        return _fetch(session_id)


def _fetch(session_id: str) -> CheckoutSession:
    asked_at = timezone.now()
    fetched = stripe_client().v1.checkout.sessions.retrieve(session_id, params={"expand": WHOLE_STORY})
    told = fetched.to_dict()
    session = read_session(told, asked_at=asked_at)
    if session.state == StripeState.PAID and _has_more_refunds(told):
        return replace(session, refunds=tuple(list_refunds(str(session.payment_intent_id), asked_at)))
    return session


def _has_more_refunds(session: Json) -> bool:
    within: Any = session
    for member in ("payment_intent", "latest_charge", "refunds"):
        within = within.get(member) if isinstance(within, dict) else None
    return isinstance(within, dict) and bool(within.get("has_more"))


@asking_stripe
def fetch_claim(payment_intent_id: str) -> Claim:
    """
    Return whose a payment intent is, by its metadata.

    https://docs.stripe.com/api/payment_intents/retrieve
    """
    return read_claim(stripe_client().v1.payment_intents.retrieve(payment_intent_id).to_dict(), "payment")
