"""
What Stripe's objects mean here: its JSON, read into the few facts that this project goes by.

Nothing here talks to Stripe; the other modules of this package do, and hand over its answers.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from payments.models import DisputeEffect, DisputeStatus, RefundStatus, StripeState
from payments.models.dispute import FLUCTUATION, STRIPES_DISPUTE_STATUSES, effect_of
from payments.models.refund import STRIPES_REFUND_STATUSES

Json = dict[str, Any]
State = TypeVar("State", RefundStatus, DisputeStatus)

EVENT_ID = re.compile(r"\w{1,255}", re.ASCII)
EVENT_TYPE = re.compile(r"[\w.]{1,100}", re.ASCII)


class InvalidPayload(Exception):
    """The body is signed, but it isn't an event."""


class UnknownState(Exception):
    """Stripe used a status that isn't known here. Guessing what it means could cost money."""


@dataclass(frozen=True)
class StripeRefund:
    """
    A refund as it was at Stripe. ``reference`` is ours; it is empty if it was made in the dashboard.

    ``stripe_status`` is what Stripe called its status, if that isn't known here.
    """

    id: str
    reference: str
    payment_intent_id: str
    amount: int
    currency: str
    status: RefundStatus
    failure_reason: str
    asked_at: datetime
    stripe_status: str = ""


@dataclass(frozen=True)
class StripeDispute:
    """
    A dispute as it was at Stripe; ``amount`` is in the minor unit of ``currency``.

    ``taken`` and ``withdrawn`` are what Stripe has booked out for it, before and after what it booked back
    in, in the minor unit of ``account_currency``; None if Stripe doesn't say. ``stripe_status`` is what
    Stripe called its status, if that isn't known here.
    """

    id: str
    payment_intent_id: str
    amount: int
    currency: str
    status: DisputeStatus
    reason: str
    asked_at: datetime
    stripe_status: str = ""
    taken: int | None = None
    withdrawn: int | None = None
    account_currency: str = ""

    @property
    def effect(self) -> DisputeEffect:
        return effect_of(self.status, self.withdrawn)


@dataclass(frozen=True)
class WebhookEndpoint:
    """Where Stripe delivers events of ``types`` (``*`` is all). No ``api_version`` is the account's."""

    url: str
    is_enabled: bool
    api_version: str
    types: frozenset[str]


@dataclass(frozen=True)
class CheckoutSession:
    """
    A Checkout Session as it was at Stripe. ``amount`` is in the minor unit of ``currency``.

    One that was fetched knows when it was asked for, what was refunded of it, and whether it was ever
    disputed. One from an event doesn't: its ``asked_at`` is None.
    """

    id: str
    state: StripeState
    url: str
    payment_reference: str
    booking_reference: str
    amount: int
    currency: str
    payment_intent_id: str | None
    customer_email: str
    expires_at: datetime
    charge_id: str | None = None
    card_last4: str = ""
    asked_at: datetime | None = None
    refunds: tuple[StripeRefund, ...] = ()
    was_disputed: bool = False


def read_session(session: Json, *, asked_at: datetime | None = None) -> CheckoutSession:
    """Return a session's facts; ``asked_at`` if it was fetched, with its intent, charge and refunds."""
    intent = session.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    charge = charge if isinstance(charge, dict) else {}
    return CheckoutSession(
        id=session["id"],
        state=_read_state(session),
        url=session.get("url") or "",
        payment_reference=(session.get("metadata") or {}).get("payment") or "",
        booking_reference=session.get("client_reference_id") or "",
        amount=session.get("amount_total") or 0,
        currency=session.get("currency") or "",
        payment_intent_id=_id_of(intent),
        customer_email=_email_of(session),
        expires_at=datetime.fromtimestamp(session["expires_at"], UTC),
        charge_id=charge.get("id") if charge.get("paid") else None,
        card_last4=last4_of(charge),
        asked_at=asked_at,
        refunds=_read_refunds(charge, asked_at),
        was_disputed=bool(charge.get("disputed")),
    )


def _email_of(session: Json) -> str:
    return (session.get("customer_details") or {}).get("email") or session.get("customer_email") or ""


def last4_of(charge: Json) -> str:
    """Return the last four digits of the card, or of the account, that a charge was made to."""
    details = charge.get("payment_method_details") or {}
    return (details.get(details.get("type")) or {}).get("last4") or ""


def _read_refunds(charge: Json, asked_at: datetime | None) -> tuple[StripeRefund, ...]:
    if asked_at is None:
        return ()
    return tuple(
        read_refund(refund, asked_at=asked_at) for refund in (charge.get("refunds") or {}).get("data", [])
    )


def _read_state(session: Json) -> StripeState:
    if session["payment_status"] != "unpaid" or _intent_is(session, "succeeded"):
        return StripeState.PAID
    if _intent_is(session, "processing"):  # It may still be paid, whether or not the session is over.
        return StripeState.PROCESSING
    match session["status"]:
        case "open":
            return StripeState.OPEN
        case "expired":
            return StripeState.EXPIRED
        case "complete":
            return StripeState.FAILED if _intent_has_failed(session) else StripeState.PROCESSING
        case unknown:
            raise UnknownState(f"Stripe says that a session has a status that isn't known here: {unknown}")


def _intent_has_failed(session: Json) -> bool:
    """Whether a delayed payment has come to nothing."""
    return _intent_is(session, "requires_payment_method") or _intent_is(session, "canceled")


def _intent_is(session: Json, status: str) -> bool:
    """Whether the payment intent says so; only known where it was fetched along."""
    intent = session.get("payment_intent")
    return isinstance(intent, dict) and intent["status"] == status


def read_refund(refund: Json, *, asked_at: datetime) -> StripeRefund:
    """Return a refund's facts. One unknown word of Stripe's must not hide the payment that it is about."""
    status, stripe_status = _read_status(
        STRIPES_REFUND_STATUSES, refund.get("status"), unknown=RefundStatus.UNKNOWN
    )
    return StripeRefund(
        id=refund["id"],
        reference=(refund.get("metadata") or {}).get("refund") or "",
        payment_intent_id=_id_of(refund.get("payment_intent")) or "",
        amount=refund["amount"],
        currency=refund["currency"],
        status=status,
        failure_reason=refund.get("failure_reason") or "",
        asked_at=asked_at,
        stripe_status=stripe_status,
    )


def read_dispute(dispute: Json, *, asked_at: datetime) -> StripeDispute:
    """Return a dispute's facts, with its money. An unknown word of Stripe's is treated as in a refund."""
    status, stripe_status = _read_status(
        STRIPES_DISPUTE_STATUSES, dispute.get("status"), unknown=DisputeStatus.UNKNOWN
    )
    taken, withdrawn, account_currency = _read_bookings(dispute)
    return StripeDispute(
        id=dispute["id"],
        payment_intent_id=_id_of(dispute.get("payment_intent")) or "",
        amount=dispute["amount"],
        currency=dispute["currency"],
        status=status,
        reason=dispute.get("reason") or "",
        asked_at=asked_at,
        stripe_status=stripe_status,
        taken=taken,
        withdrawn=withdrawn,
        account_currency=account_currency,
    )


def _read_status(known: Collection[State], word: Any, *, unknown: State) -> tuple[State, str]:
    """Return the status that Stripe's ``word`` names, or ``unknown`` and the word if there is none."""
    named = next((status for status in known if status == word), None)
    return (unknown, str(word)[:100] or "(empty)") if named is None else (named, "")


def _read_bookings(dispute: Json) -> tuple[int | None, int | None, str]:
    """
    Return what a dispute took from our balance, how much of that it hasn't returned, and in which currency.

    The fee isn't in these. None if Stripe doesn't say.
    """
    booked = dispute.get("balance_transactions")
    if not isinstance(booked, list) or not all(isinstance(one, dict) for one in booked):
        return None, None, ""
    currencies = {one["currency"] for one in booked}
    if len(currencies) > 1:
        return None, None, ""
    taken = -sum(one["amount"] for one in booked if one["amount"] < 0)
    withdrawn = -sum(one["amount"] for one in booked)
    is_exchanged = currencies != {dispute["currency"]}
    if is_exchanged and abs(withdrawn) < taken * FLUCTUATION:  # All of it came back, at another day's rate.
        withdrawn = 0
    return taken, withdrawn, "".join(currencies)


def read_endpoint(endpoint: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=endpoint["url"],
        is_enabled=endpoint["status"] == "enabled",
        api_version=endpoint.get("api_version") or "",
        types=frozenset(endpoint["enabled_events"]),
    )


def _id_of(expandable: Any) -> str | None:
    return expandable["id"] if isinstance(expandable, dict) else expandable


def parse_event(text: str) -> Json:
    """Return an event: a dict with ``id``, ``type`` and ``data.object``. Raise ``InvalidPayload``."""
    try:
        event = json.loads(text)
        if event.get("object") == "v2.core.event":  # A thin event has no object, only where to find one.
            event.setdefault("data", {}).setdefault("object", {})
        well_formed = EVENT_ID.fullmatch(event["id"]) and EVENT_TYPE.fullmatch(event["type"])
        if not (well_formed and isinstance(event["data"]["object"], dict)):
            raise InvalidPayload
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidPayload from error
    return event


def session_of(event: Json) -> CheckoutSession:
    """Return the Checkout Session that a ``checkout.session.*`` event carries, as it was at that moment."""
    session = read_session(event["data"]["object"])
    if event["type"] == "checkout.session.async_payment_failed" and session.state == StripeState.PROCESSING:
        # The session itself looks as it did while the bank was deciding.
        return replace(session, state=StripeState.FAILED)
    return session
