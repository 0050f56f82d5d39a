"""Checkout Sessions, read into the few facts that this project goes by."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from payments.gateway.objects import (
    OURS,
    Json,
    Presentment,
    dict_of,
    id_of,
    last4_of,
    read_presentment,
    read_time,
)
from payments.gateway.reversal_objects import StripeRefund, read_refund
from payments.models import StripeState
from payments.questions import Question


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

    ``was_tried``: its customer has pressed Stripe's button to pay at least once, whatever came of it.

    One that was fetched knows when it was asked for, how its customer has yet to pay, what was refunded of
    it, and whether it was ever disputed. One from an event doesn't: its ``asked`` is None. ``unclear`` is
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
    asked: Question | None = None
    refunds: tuple[StripeRefund, ...] = ()
    was_disputed: bool = False
    was_tried: bool = False

    @property
    def asked_at(self) -> datetime | None:
        return self.asked.at if self.asked else None

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


def read_session(session: Json, *, asked: Question | None = None) -> CheckoutSession:
    """Return a session's facts; ``asked`` if it was fetched, with its intent, charge and refunds."""
    intent = session.get("payment_intent")
    charge = dict_of(dict_of(intent).get("latest_charge"))
    state = _read_state(session)
    total = dict_of(session.get("total_details"))
    return CheckoutSession(
        id=session["id"],
        state=state,
        url=session.get("url") or "",
        payment_reference=dict_of(session.get("metadata")).get("payment") or "",
        booking_reference=session.get("client_reference_id") or "",
        amount=session.get("amount_total") or 0,
        currency=session.get("currency") or "",
        payment_intent_id=id_of(intent),
        customer_email=_email_of(session),
        expires_at=read_time(session.get("expires_at")),
        unclear=_describe(session) if state == StripeState.UNREADABLE else "",
        instructions=read_instructions(dict_of(intent)) if state == StripeState.PROCESSING else None,
        is_recovered=bool(session.get("recovered_from")),
        livemode=session.get("livemode"),
        amount_subtotal=session.get("amount_subtotal") or 0,
        amount_discount=total.get("amount_discount") or 0,
        amount_tax=total.get("amount_tax") or 0,
        presentment=read_presentment(session, intent, charge),
        charge_id=charge.get("id") if charge.get("paid") else None,
        card_last4=last4_of(charge),
        asked=asked,
        refunds=_read_refunds(charge, asked),
        was_disputed=bool(charge.get("disputed")),
        was_tried=_was_tried(intent),
    )


def _was_tried(intent: object) -> bool:
    """
    Return whether a session's customer has tried to pay.

    Stripe makes a session's payment intent when they first press the button; before, older versions of its
    API did so at once. Of one that wasn't fetched along nothing is known, so it may have been tried.

    https://docs.stripe.com/changelog/pre-versioned/2022-08-01/deferred-payment-intents
    """
    if not isinstance(intent, dict):
        return bool(intent)
    is_untouched = intent.get("status") == "requires_payment_method"
    return not is_untouched or bool(intent.get("latest_charge") or intent.get("last_payment_error"))


def _email_of(session: Json) -> str:
    return dict_of(session.get("customer_details")).get("email") or session.get("customer_email") or ""


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
    action = dict_of(intent.get("next_action"))
    details = dict_of(action.get(str(action.get("type"))))
    pages = (page for name, page in details.items() if HOSTED_PAGE.fullmatch(name) and _is_address(page))
    if (page := next(pages, None)) is None:
        return None
    ends = (
        read_time(within.get(end)) for within in (details, dict_of(details.get("qr_code"))) for end in ENDS
    )
    return Instructions(page, next(filter(None, ends), None))


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _read_refunds(charge: Json, asked: Question | None) -> tuple[StripeRefund, ...]:
    if asked is None:
        return ()
    return tuple(read_refund(refund, asked=asked) for refund in (charge.get("refunds") or {}).get("data", []))


# https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status
UNPAID = ("unpaid", "no_payment_required")
# Of a payment intent that hasn't been paid, and isn't about to be by itself.
UNPAID_INTENT = ("requires_payment_method", "requires_confirmation", "requires_action", "canceled")
FAILED_INTENT = ("requires_payment_method", "canceled")


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
    return dict_of(session.get("payment_intent")).get("status")


def _describe(session: Json) -> str:
    told = {name: session.get(name) for name in ("status", "payment_status", "amount_total", "currency")}
    told["payment_intent.status"] = _intent_status(session)
    return "Stripe says of its session: " + ", ".join(f"{name} {value!r}" for name, value in told.items())


def session_of(event: Json) -> CheckoutSession:
    """Return the Checkout Session that a ``checkout.session.*`` event carries, as it was at that moment."""
    session = read_session(event["data"]["object"])
    if event["type"] == "checkout.session.async_payment_failed" and session.state == StripeState.PROCESSING:
        # The session itself looks as it did while the bank was deciding.
        return replace(session, state=StripeState.FAILED)
    return session
