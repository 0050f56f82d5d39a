"""What Stripe says of refunds, taken over."""

import logging
from collections.abc import Collection

from django.db import transaction

from payments.gateway.objects import StripeRefund
from payments.ledger.payment_state import recompute
from payments.models import Cause, Notification, NotificationKind, Origin, Payment, Refund
from payments.models.refund import ACCEPTED, BROKEN
from payments.notifications import notify

logger = logging.getLogger(__name__)


@transaction.atomic
def sync_refunds(payment: Payment, told: Collection[StripeRefund], *, cause: Cause) -> None:
    """
    Take over what Stripe told of refunds of ``payment``, made by a row here or in Stripe's dashboard.

    They are matched by Stripe's id, else by our reference in the metadata; never by the amount. An answer
    that was asked for before the one that is known changes nothing.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    apply_refunds(locked, told, cause=cause)


def apply_refunds(payment: Payment, told: Collection[StripeRefund], *, cause: Cause) -> None:
    """Do what ``sync_refunds`` does, for a payment that the caller has locked."""
    for refund in told:
        _sync(payment, refund)
    if told:
        recompute(payment, cause=cause)


def _sync(payment: Payment, told: StripeRefund) -> None:
    refund = _row_of(payment, told)
    if refund.checked_at and told.asked_at <= refund.checked_at:
        return
    before = refund.status
    refund.refund_id, refund.status, refund.checked_at = told.id, told.status, told.asked_at
    refund.error_code = refund.error_message = told.failure_reason
    if refund.is_accepted and refund.accepted_at is None:
        refund.accepted_at = told.asked_at
    refund.save(update_fields=SYNCED if refund.pk else None)
    if refund.status != before:
        _tell(refund, before)


SYNCED = ["refund_id", "status", "checked_at", "error_code", "error_message", "accepted_at"]


def _row_of(payment: Payment, told: StripeRefund) -> Refund:
    """Return the row of what Stripe told: the one with its id, the one that asked for it, or a new one."""
    known = payment.refunds.filter(refund_id=told.id).first()
    ours = payment.refunds.filter(reference=told.reference, refund_id=None).first()
    made_at_stripe = Refund(payment=payment, amount=told.amount, currency=told.currency, origin=Origin.STRIPE)
    return known or ours or made_at_stripe


def _tell(refund: Refund, before: str) -> None:
    if refund.status in BROKEN:
        logger.error("came to nothing", extra=about(refund))
        notify(Notification(payment=refund.payment, kind=NotificationKind.REFUND_FAILED, refund=refund))
    elif refund.is_accepted and before not in ACCEPTED and refund.origin != Origin.SETTLEMENT:
        notify(Notification(payment=refund.payment, kind=NotificationKind.REFUNDED, refund=refund))


def about(refund: Refund) -> dict[str, str]:
    """Return what a line of the log is about."""
    return {"payment": refund.payment.reference, "refund": refund.reference}
