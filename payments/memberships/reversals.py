"""Keeps a membership's invoices, and the refunds and disputes of them, as Stripe last reported them."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Model

from payments.gateway.billing.subscription_objects import StripeInvoice, StripeReversal, StripeSubscription
from payments.models import MembershipInvoice, MembershipReversal, Subscription


def with_known_statuses(told: StripeSubscription) -> StripeSubscription:
    """Return ``told``; a refund or dispute in a status that isn't known here keeps its last known one."""
    unknown = [one.id for invoice in told.invoices for one in invoice.reversals if not one.is_known]
    if not unknown:
        return told
    rows = MembershipReversal.objects.filter(reversal_id__in=unknown)
    known = dict(rows.values_list("reversal_id", "status"))
    return told.with_invoices(
        replace(invoice, reversals=tuple(replace(one, status=known.get(one.id, one.status)) for one in these))
        for invoice in told.invoices
        for these in [invoice.reversals]
    )


def unreadable(told: StripeSubscription) -> str:
    """Return what Stripe said of ``told`` that isn't known here, in words for staff; empty if nothing."""
    found = [] if told.status else [f"the status “{told.says}”"]
    for invoice in told.invoices:
        found += [f"the status “{one.status}” of {one.id}" for one in invoice.reversals if not one.is_known]
    words = "Stripe says what isn't known here: {}. What was known before still counts."
    return words.format(", ".join(found)) if found else ""


def disputed_intents(row: Subscription) -> set[str]:
    """Return the payment intents and charges of ``row`` that were ever disputed, as far as is known here."""
    invoices = MembershipInvoice.objects.filter(subscription=row, reversals__kind="dispute")
    return {name for names in invoices.values_list("paid_by", flat=True) for name in names}


def save_invoices(row: Subscription, told: StripeSubscription, *, asked_at: datetime) -> None:
    """Save the invoices of ``told`` and what went back of them. The caller has locked ``row``."""
    for invoice in told.invoices:
        saved = _save_invoice(row, invoice)
        for reversal in invoice.reversals:
            _save_reversal(row, saved, reversal, asked_at)


def _save_invoice(row: Subscription, invoice: StripeInvoice) -> MembershipInvoice:
    saved, _is_new = MembershipInvoice.objects.update_or_create(
        invoice_id=invoice.id,
        defaults={
            "subscription": row,
            "number": _fitting(invoice.number, MembershipInvoice, "number"),
            "status": _fitting(invoice.status, MembershipInvoice, "status"),
            "amount": invoice.amount,
            "amount_paid": invoice.amount_paid,
            "currency": invoice.currency,
            "issued_at": invoice.issued_at,
            "covers_until": invoice.covers_until,
            "paid_by": list(invoice.paid_by),
            "url": invoice.url,
        },
    )
    return saved


def _save_reversal(
    row: Subscription, invoice: MembershipInvoice, reversal: StripeReversal, asked_at: datetime
) -> None:
    MembershipReversal.objects.update_or_create(
        reversal_id=reversal.id,
        defaults={
            "subscription": row,
            "invoice": invoice,
            "kind": reversal.kind,
            "status": _fitting(reversal.status, MembershipReversal, "status"),
            "amount": reversal.amount,
            "currency": reversal.currency,
            "reason": _fitting(reversal.reason, MembershipReversal, "reason"),
            "withdrawn": reversal.withdrawn,
            "happened_at": reversal.happened_at,
            "checked_at": asked_at,
        },
    )


def _fitting(word: str, model: type[Model], field: str) -> str:
    """Return as much of Stripe's ``word`` as the column holds: one of the future may be a long one."""
    return word[: getattr(model._meta.get_field(field), "max_length", None)]
