"""The money of subscriptions: what went back of their invoices, what comes next, and whose a payment is."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import stripe

from payments.gateway.billing.subscription_objects import (
    NextCharge,
    StripeInvoice,
    StripeReversal,
    StripeSubscription,
    read_dispute_of_invoice,
    read_invoice,
    read_next_charge,
    read_refund_of_invoice,
)
from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.gateway.objects import Json
from payments.models.subscription import RUNNING


def with_reversals(listed: list[Json], *, disputed: Collection[str]) -> list[StripeInvoice]:
    """Return Stripe's invoices of one customer with what went back of them; one call if any was paid."""
    invoices = [read_invoice(invoice) for invoice in listed]
    paid = [invoice for invoice in invoices if invoice.paid_by]
    if not paid:
        return invoices
    oldest = min(invoice["created"] for invoice in listed)
    found = list_reversals(listed[0]["customer"], since=oldest, disputed=disputed)
    return [replace(invoice, reversals=_those_of(invoice, found)) for invoice in invoices]


def _those_of(invoice: StripeInvoice, found: list[StripeReversal]) -> tuple[StripeReversal, ...]:
    return tuple(one for one in found if set(one.paid_by) & set(invoice.paid_by))


@asking_stripe
def list_reversals(customer_id: str, *, since: int, disputed: Collection[str]) -> list[StripeReversal]:
    """
    Return the refunds and disputes of a customer's charges ``since`` then; seconds since 1970.

    https://docs.stripe.com/api/charges/list
    """
    wanted: Any = {
        "customer": customer_id,
        "created": {"gte": since},
        "limit": 100,
        "expand": ["data.refunds"],
    }
    found: list[StripeReversal] = []
    for charge in stripe_client().v1.charges.list(params=wanted).auto_paging_iter():
        body = charge.to_dict()
        found += _refunds_of(body)
        if body.get("disputed") or {body["id"], body.get("payment_intent")} & set(disputed):
            found += _disputes_of(body["id"])
    return found


def _refunds_of(charge: Json) -> Iterator[StripeReversal]:
    refunds = charge.get("refunds") or {}
    listed = refunds.get("data") or []
    if refunds.get("has_more"):
        page = stripe_client().v1.refunds.list(params={"charge": charge["id"], "limit": 100})
        listed = [refund.to_dict() for refund in page.auto_paging_iter()]
    return map(read_refund_of_invoice, listed)


def _disputes_of(charge_id: str) -> Iterator[StripeReversal]:
    page = stripe_client().v1.disputes.list(params={"charge": charge_id, "limit": 100})
    return (read_dispute_of_invoice(dispute.to_dict()) for dispute in page.auto_paging_iter())


def is_to_be_charged(subscription: StripeSubscription) -> bool:
    """Whether Stripe is going to charge for a next period, as far as ``subscription`` says."""
    return (
        subscription.status in RUNNING and subscription.ends_at is None and not subscription.collection_paused
    )


def fetch_next_charge(subscription: StripeSubscription) -> NextCharge | None:
    """Return what Stripe is going to charge next; None if it doesn't say, which is no reason to fail."""
    try:
        return preview_next_charge(subscription.id)
    except (StripeUnavailable, StripeRefused):
        return None


@asking_stripe
def preview_next_charge(subscription_id: str) -> NextCharge:
    """
    Return the amount and time of the next invoice, by its coupons, quantities, taxes and credit.

    https://docs.stripe.com/api/invoices/create_preview
    """
    preview = stripe_client().v1.invoices.create_preview(params={"subscription": subscription_id})
    return read_next_charge(preview.to_dict())


@asking_stripe
def fetch_paid_invoice(payment_intent_id: str) -> Json | None:
    """
    Return Stripe's invoice that a payment intent pays, or None if it pays none.

    https://docs.stripe.com/api/invoice-payment/list
    """
    wanted: Any = {
        "payment": {"type": "payment_intent", "payment_intent": payment_intent_id},
        "limit": 1,
        "expand": ["data.invoice"],
    }
    try:
        found = stripe_client().v1.invoice_payments.list(params=wanted).data
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        return None  # The intent is another account's.
    invoice = found[0].to_dict().get("invoice") if found else None
    return invoice if isinstance(invoice, dict) and not invoice.get("deleted") else None
