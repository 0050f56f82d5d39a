"""Saves what Stripe says about refunds."""

import logging
from collections.abc import Collection

from django.db import transaction

from payments.gateway.reversal_objects import StripeRefund
from payments.ledger.payment_state import recompute
from payments.ledger.refunds import about, fit_due
from payments.models import Cause, Notification, NotificationKind, Origin, Payment, Refund
from payments.models.refund import ACCEPTED, BROKEN, STRIPES_REFUND_STATUSES
from payments.notifications import notify

logger = logging.getLogger(__name__)


@transaction.atomic
def sync_refunds(payment: Payment, refunds: Collection[StripeRefund], *, cause: Cause) -> None:
    """
    Save the state of refunds of ``payment``, whether they were requested here or in Stripe's dashboard.

    They are matched by Stripe's id, else by our reference in the metadata, never by the amount. A state that
    was asked for before the one that is saved is ignored, by the questions' numbers and no clock.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    apply_refunds(locked, refunds, cause=cause)


def apply_refunds(payment: Payment, refunds: Collection[StripeRefund], *, cause: Cause) -> None:
    """Do what ``sync_refunds`` does, for a payment that the caller has locked."""
    for refund in refunds:
        _save(payment, refund)
    if refunds:
        fit_due(payment)
        recompute(payment, cause=cause)


def _save(payment: Payment, refund: StripeRefund) -> None:
    row = _row_of(payment, refund)
    if refund.asked.number <= row.question:
        return
    before = row.status
    row.question, row.checked_at = refund.asked.number, refund.asked.at
    row.refund_id, row.stripe_status = refund.id, refund.stripe_status
    if not (refund.stripe_status and row.status in STRIPES_REFUND_STATUSES):
        row.status = refund.status
    row.error_code = row.error_message = refund.failure_reason
    if refund.amount != row.amount:  # What Stripe pays counts, not what was asked for.
        row.asked_amount, row.amount = row.wanted, refund.amount
    if refund.presentment.currency:
        row.presentment_amount, row.presentment_currency = refund.presentment
    if row.is_accepted and row.accepted_at is None:
        row.accepted_at = refund.asked.at
    if row.pk:
        row.save(update_fields=SYNCED)
    else:
        row.save()
        _assign(row, refund)
    if row.stripe_status:
        logger.error("Stripe calls it %s", row.stripe_status, extra=about(row))
    if row.status != before:
        _notify(row, before)


def _assign(row: Refund, refund: StripeRefund) -> None:
    """Give a refund that was made here, and whose row was lost with the database, its tickets again."""
    tickets = row.payment.booking.tickets.current().filter(seat__label__in=refund.seats)
    if refund.seats and len(tickets) == len(refund.seats):
        row.tickets.set(tickets)
        Refund.objects.filter(pk=row.pk).update(assigned_at=refund.asked.at)


SYNCED = [
    *("refund_id", "status", "stripe_status", "checked_at", "error_code", "error_message", "accepted_at"),
    *("amount", "asked_amount", "question"),
    *("presentment_amount", "presentment_currency"),
]


def _row_of(payment: Payment, refund: StripeRefund) -> Refund:
    """Return the row with Stripe's id, else the one that requested ``refund``, else a new one."""
    known = payment.refunds.filter(refund_id=refund.id).first()
    requested = payment.refunds.filter(reference=refund.reference, refund_id=None).first()
    made_at_stripe = Refund(
        payment=payment, amount=refund.amount, currency=refund.currency, origin=Origin.STRIPE
    )
    return known or requested or made_at_stripe


def _notify(refund: Refund, before: str) -> None:
    if refund.status in BROKEN:
        logger.error("failed", extra=about(refund))
        notify(Notification(payment=refund.payment, kind=NotificationKind.REFUND_FAILED, refund=refund))
    elif refund.is_accepted and before not in ACCEPTED and refund.origin != Origin.SETTLEMENT:
        notify(Notification(payment=refund.payment, kind=NotificationKind.REFUNDED, refund=refund))
