"""
What Stripe's objects mean here: its JSON, read into the few facts that this project goes by.

Nothing here talks to Stripe; the other modules of this package do, and hand over its answers.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

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


class Presentment(NamedTuple):
    """What the customer saw in their own ``currency``, in its minor unit; None and "" if they saw ours."""

    amount: int | None = None
    currency: str = ""


OURS = Presentment()


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
    presentment: Presentment = OURS
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
    """
    Where Stripe delivers events of ``types`` (``*`` is all). No ``api_version`` is the account's.

    The ``types`` of one for thin events, which have no version, are those of the same snapshot events.
    """

    url: str
    is_enabled: bool
    api_version: str
    types: frozenset[str]
    is_thin: bool = False


@dataclass(frozen=True)
class Instructions:
    """Where Stripe tells a customer how to pay what isn't paid at once, and ``until`` when, if that ends."""

    url: str
    until: datetime | None


@dataclass(frozen=True)
class CheckoutSession:
    """
    A Checkout Session as it was at Stripe. ``amount`` is in the minor unit of ``currency``.

    That is the total: of what was asked for (``amount_subtotal``), less ``amount_discount``, and with
    ``amount_tax``, which the items' prices may include. With Adaptive Pricing all these stay in the currency
    that was asked for, and ``presentment`` is what the customer saw.

    One that was fetched knows when it was asked for, how its customer has yet to pay, what was refunded of
    it, and whether it was ever disputed. One from an event doesn't: its ``asked_at`` is None. ``unclear`` is
    what Stripe says if its state is unreadable, in English for staff. One that is ``is_recovered`` continues
    another that had expired.
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
    expires_at: datetime | None
    unclear: str = ""
    instructions: Instructions | None = None
    is_recovered: bool = False
    livemode: bool | None = None
    amount_subtotal: int = 0
    amount_discount: int = 0
    amount_tax: int = 0
    presentment: Presentment = OURS
    charge_id: str | None = None
    card_last4: str = ""
    asked_at: datetime | None = None
    refunds: tuple[StripeRefund, ...] = ()
    was_disputed: bool = False

    def tax_added_to(self, asked: int) -> int:
        """
        Return how much more the total is, before its discount, than what was ``asked`` for.

        If it isn't 0, Stripe vouches for it only if ``is_price_of`` says so.
        """
        return self.amount + self.amount_discount - asked

    def is_price_of(self, asked: int) -> bool:
        """
        Return whether the total is the price of what was ``asked`` for, in minor units, as Stripe records it.

        A discount may have been taken off. Where the items are those that were asked for, tax may have been
        added on top, up to what Stripe says that it is.
        """
        added = self.tax_added_to(asked)
        return added == 0 or (self.amount_subtotal == asked and 0 < added <= self.amount_tax)


def read_session(session: Json, *, asked_at: datetime | None = None) -> CheckoutSession:
    """Return a session's facts; ``asked_at`` if it was fetched, with its intent, charge and refunds."""
    intent = session.get("payment_intent")
    charge = _dict(_dict(intent).get("latest_charge"))
    state = _read_state(session)
    total = _dict(session.get("total_details"))
    return CheckoutSession(
        id=session["id"],
        state=state,
        url=session.get("url") or "",
        payment_reference=_dict(session.get("metadata")).get("payment") or "",
        booking_reference=session.get("client_reference_id") or "",
        amount=session.get("amount_total") or 0,
        currency=session.get("currency") or "",
        payment_intent_id=_id_of(intent),
        customer_email=_email_of(session),
        expires_at=_read_time(session.get("expires_at")),
        unclear=_describe(session) if state == StripeState.UNREADABLE else "",
        instructions=read_instructions(_dict(intent)) if state == StripeState.PROCESSING else None,
        is_recovered=bool(session.get("recovered_from")),
        livemode=session.get("livemode"),
        amount_subtotal=session.get("amount_subtotal") or 0,
        amount_discount=total.get("amount_discount") or 0,
        amount_tax=total.get("amount_tax") or 0,
        presentment=_read_presentment(session, intent, charge),
        charge_id=charge.get("id") if charge.get("paid") else None,
        card_last4=last4_of(charge),
        asked_at=asked_at,
        refunds=_read_refunds(charge, asked_at),
        was_disputed=bool(charge.get("disputed")),
    )


def _email_of(session: Json) -> str:
    return _dict(session.get("customer_details")).get("email") or session.get("customer_email") or ""


def _dict(member: object) -> Json:
    """Return an object's member that is an object too, or nothing where it is null, absent or an id."""
    return member if isinstance(member, dict) else {}


def _read_time(timestamp: object) -> datetime | None:
    return datetime.fromtimestamp(timestamp, UTC) if isinstance(timestamp, int) else None


HOSTED_PAGE = re.compile(r"hosted_\w+_url", re.ASCII)
ENDS = ("expires_at", "expires_after")


def read_instructions(intent: Json) -> Instructions | None:
    """
    Return where a payment intent sends its customer to pay, or None if they have nothing to do.

    Whatever the method: its entry in ``next_action`` has a page hosted by Stripe. 3-D Secure has none, since
    it is done within the session.

    https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action
    """
    if intent.get("status") != "requires_action":
        return None
    action = _dict(intent.get("next_action"))
    details = _dict(action.get(str(action.get("type"))))
    pages = (page for name, page in details.items() if HOSTED_PAGE.fullmatch(name) and _is_address(page))
    if (page := next(pages, None)) is None:
        return None
    ends = (
        _read_time(within.get(end)) for within in (details, _dict(details.get("qr_code"))) for end in ENDS
    )
    return Instructions(page, next(filter(None, ends), None))


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


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


# https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status
UNPAID = ("unpaid", "no_payment_required")
# Of a payment intent that hasn't been paid, and isn't about to be by itself.
UNPAID_INTENT = ("requires_payment_method", "requires_confirmation", "requires_action", "canceled")
FAILED_INTENT = ("requires_payment_method", "canceled")


def _read_presentment(*places: Any) -> Presentment:
    """Return what the customer saw in their currency, from the first of ``places`` that says it."""
    for place in places:
        details = place.get("presentment_details") if isinstance(place, dict) else None
        if details:
            return Presentment(details["presentment_amount"], details["presentment_currency"])
    return OURS


def _read_state(session: Json) -> StripeState:
    """Return what a session's state is; unreadable where it would have to be guessed from what is unknown."""
    intent, payment_status = _intent_status(session), session.get("payment_status")
    if payment_status == "paid" or intent == "succeeded":
        return StripeState.PAID if _has_amount(session) else StripeState.UNREADABLE
    # An open session may need no payment either: with a coupon that takes off everything, before it is sent.
    if payment_status == "no_payment_required" and session.get("status") == "complete":
        return StripeState.FREE
    if intent == "processing":  # It may still be paid, whether or not the session is over.
        return StripeState.PROCESSING
    if payment_status not in UNPAID and intent not in UNPAID_INTENT:
        return StripeState.UNREADABLE
    match session.get("status"):
        case "open":
            return StripeState.OPEN
        case "expired":
            return StripeState.EXPIRED
        case "complete":
            return StripeState.FAILED if intent in FAILED_INTENT else StripeState.PROCESSING
        case _:
            return StripeState.UNREADABLE


def _has_amount(session: Json) -> bool:
    return isinstance(session.get("amount_total"), int) and bool(session.get("currency"))


def _intent_status(session: Json) -> str | None:
    """Return the payment intent's status, which is only known where the intent was fetched along."""
    return _dict(session.get("payment_intent")).get("status")


def _describe(session: Json) -> str:
    told = {name: session.get(name) for name in ("status", "payment_status", "amount_total", "currency")}
    told["payment_intent.status"] = _intent_status(session)
    return "Stripe says of its session: " + ", ".join(f"{name} {value!r}" for name, value in told.items())


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
        presentment=_read_presentment(refund),
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


def read_destination(destination: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=(destination.get("webhook_endpoint") or {}).get("url") or "",
        is_enabled=destination["status"] == "enabled",
        api_version="",
        types=frozenset(kind.removeprefix("v1.") for kind in destination["enabled_events"]),
        is_thin=destination.get("event_payload") == "thin",
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
