"""Disputes, as Stripe tells them: what they do to a payment's tickets, and what its customer is told."""

import logging
from collections.abc import Collection

from django.db import transaction

from bookings.models import StopReason, TicketStatus
from bookings.tickets.validity import Change
from payments.gateway.objects import Json, StripeDispute
from payments.ledger.payment_state import recompute
from payments.models import Cause, Dispute, FraudWarning, Notification, NotificationKind, Payment
from payments.notifications import notify

logger = logging.getLogger(__name__)


@transaction.atomic
def sync_disputes(payment: Payment, told: Collection[StripeDispute], *, cause: Cause) -> None:
    """
    Take over how the disputes of ``payment`` stand.

    While one is open, the tickets admit nobody; once it is won, the same tickets do again; once it is lost,
    they are void and the seats free. An inquiry is noted and changes nothing. An answer that was asked for
    before the one that is known changes nothing either.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    changed = [dispute for one in told if (dispute := _sync(locked, one))]
    if not changed or not locked.is_paid:
        return
    changes = recompute(locked, cause=cause)
    for dispute in changed:
        _tell(locked, dispute, changes)


def _sync(payment: Payment, told: StripeDispute) -> Dispute | None:
    """Save one dispute; return it if its status is news."""
    dispute = payment.disputes.filter(dispute_id=told.id).first() or Dispute(payment=payment)
    if dispute.pk and told.asked_at <= dispute.checked_at:
        return None
    before = dispute.status
    dispute.dispute_id, dispute.status, dispute.reason = told.id, told.status, told.reason
    dispute.amount, dispute.currency, dispute.checked_at = told.amount, told.currency, told.asked_at
    dispute.save()
    if dispute.status == before:
        return None
    about = {"payment": payment.reference, "dispute": dispute.dispute_id}
    logger.warning("the dispute is %s", dispute.status, extra=about)
    return dispute


def _tell(payment: Payment, dispute: Dispute, changes: Collection[Change]) -> None:
    """Tell the customer what a dispute has done to their tickets, if it has done anything."""
    became = {change.ticket.status for change in changes}
    if dispute.is_open and TicketStatus.SUSPENDED in became:
        notify(Notification(payment=payment, kind=NotificationKind.SUSPENDED, dispute=dispute))
    elif dispute.is_lost and any(c.ticket.stopped_for == StopReason.CHARGED_BACK for c in changes):
        notify(Notification(payment=payment, kind=NotificationKind.VOIDED, dispute=dispute))
    elif not dispute.is_open and TicketStatus.VALID in became:
        notify(Notification(payment=payment, kind=NotificationKind.RESTORED, dispute=dispute))


def note_fraud_warning(payment: Payment, warning: Json) -> None:
    """Flag a payment for staff, as a ``radar.early_fraud_warning`` says."""
    known, _is_new = FraudWarning.objects.get_or_create(
        warning_id=warning["id"],
        defaults={
            "payment": payment,
            "fraud_type": warning["fraud_type"],
            "is_actionable": warning["actionable"],
        },
    )
    if not warning["actionable"]:  # An older event, coming later, doesn't make it so again.
        FraudWarning.objects.filter(pk=known.pk).update(is_actionable=False)
