"""Refunds and disputes, read into the few facts that this project goes by."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from payments.gateway.metadata import read_seats
from payments.gateway.objects import OURS, Json, Presentment, id_of, read_presentment
from payments.models import DisputeEffect, DisputeStatus, RefundStatus
from payments.models.dispute import STRIPES_DISPUTE_STATUSES, effect_of, is_only_exchange
from payments.models.refund import STRIPES_REFUND_STATUSES
from payments.questions import Question

State = TypeVar("State", RefundStatus, DisputeStatus)


@dataclass(frozen=True)
class StripeRefund:
    """
    A refund as it was at Stripe. ``reference`` is ours; it is empty if it was made in the dashboard.

    ``stripe_status`` is what Stripe called its status, if that isn't known here. ``seats`` are those of its
    tickets, if it was made here for some.
    """

    id: str
    reference: str
    payment_intent_id: str
    amount: int
    currency: str
    status: RefundStatus
    failure_reason: str
    asked: Question
    presentment: Presentment = OURS
    stripe_status: str = ""
    seats: tuple[str, ...] = ()


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
    asked: Question
    stripe_status: str = ""
    taken: int | None = None
    withdrawn: int | None = None
    account_currency: str = ""

    @property
    def effect(self) -> DisputeEffect:
        return effect_of(self.status, self.withdrawn)


def read_refund(refund: Json, *, asked: Question) -> StripeRefund:
    """Return a refund's facts. One unknown word of Stripe's must not hide the payment that it is about."""
    status, stripe_status = _read_status(
        STRIPES_REFUND_STATUSES, refund.get("status"), unknown=RefundStatus.UNKNOWN
    )
    return StripeRefund(
        id=refund["id"],
        reference=(refund.get("metadata") or {}).get("refund") or "",
        payment_intent_id=id_of(refund.get("payment_intent")) or "",
        amount=refund["amount"],
        currency=refund["currency"],
        status=status,
        failure_reason=refund.get("failure_reason") or "",
        asked=asked,
        presentment=read_presentment(refund),
        stripe_status=stripe_status,
        seats=read_seats(refund),
    )


def read_dispute(dispute: Json, *, asked: Question) -> StripeDispute:
    """Return a dispute's facts, with its money. An unknown word of Stripe's is treated as in a refund."""
    status, stripe_status = _read_status(
        STRIPES_DISPUTE_STATUSES, dispute.get("status"), unknown=DisputeStatus.UNKNOWN
    )
    taken, withdrawn, account_currency = read_bookings(dispute)
    return StripeDispute(
        id=dispute["id"],
        payment_intent_id=id_of(dispute.get("payment_intent")) or "",
        amount=dispute["amount"],
        currency=dispute["currency"],
        status=status,
        reason=dispute.get("reason") or "",
        asked=asked,
        stripe_status=stripe_status,
        taken=taken,
        withdrawn=withdrawn,
        account_currency=account_currency,
    )


def _read_status(known: Collection[State], word: Any, *, unknown: State) -> tuple[State, str]:
    """Return the status that Stripe's ``word`` names, or ``unknown`` and the word if there is none."""
    named = next((status for status in known if status == word), None)
    return (unknown, str(word)[:100] or "(empty)") if named is None else (named, "")


def read_bookings(dispute: Json) -> tuple[int | None, int | None, str]:
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
    if is_exchanged and is_only_exchange(
        abs(withdrawn), taken
    ):  # All of it came back, at another day's rate.
        withdrawn = 0
    return taken, withdrawn, "".join(currencies)
