"""Disputes as Stripe reports them: what they do to a payment's tickets, and the emails about that."""

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
def sync_disputes(payment: Payment, disputes: Collection[StripeDispute], *, cause: Cause) -> None:
    """
    Save the state of ``payment``'s disputes, and let its status and its tickets follow.

    While a dispute is open, the tickets are suspended. If it is won, the same tickets are valid again; if it
    is lost, they are void and their seats free. An inquiry is saved and changes nothing. A state that was
    fetched before the one that is saved is ignored.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    changed = [row for dispute in disputes if (row := _save(locked, dispute))]
    if not changed or not locked.is_paid:
        return
    changes = recompute(locked, cause=cause)
    for row in changed:
        _notify(locked, row, changes)


def _save(payment: Payment, dispute: StripeDispute) -> Dispute | None:
    """Save one dispute; return its row if its status has changed."""
    row = payment.disputes.filter(dispute_id=dispute.id).first() or Dispute(payment=payment)
    if row.pk and dispute.asked_at <= row.checked_at:
        return None
    before = row.status
    row.dispute_id, row.status, row.reason = dispute.id, dispute.status, dispute.reason
    row.amount, row.currency, row.checked_at = dispute.amount, dispute.currency, dispute.asked_at
    row.save()
    if row.status == before:
        return None
    about = {"payment": payment.reference, "dispute": row.dispute_id}
    logger.warning("the dispute is %s", row.status, extra=about)
    return row


def _notify(payment: Payment, dispute: Dispute, changes: Collection[Change]) -> None:
    """Notify the customer if the dispute has changed their tickets."""
    statuses = {change.ticket.status for change in changes}
    if dispute.is_open and TicketStatus.SUSPENDED in statuses:
        notify(Notification(payment=payment, kind=NotificationKind.SUSPENDED, dispute=dispute))
    elif dispute.is_lost and any(c.ticket.stopped_for == StopReason.CHARGED_BACK for c in changes):
        notify(Notification(payment=payment, kind=NotificationKind.VOIDED, dispute=dispute))
    elif not dispute.is_open and TicketStatus.VALID in statuses:
        notify(Notification(payment=payment, kind=NotificationKind.RESTORED, dispute=dispute))


def note_fraud_warning(payment: Payment, warning: Json) -> None:
    """Save the ``radar.early_fraud_warning`` of a payment, for staff."""
    row, _is_new = FraudWarning.objects.get_or_create(
        warning_id=warning["id"],
        defaults={
            "payment": payment,
            "fraud_type": warning["fraud_type"],
            "is_actionable": warning["actionable"],
        },
    )
    if not warning["actionable"]:  # For good: an older event that comes later doesn't make it so again.
        FraudWarning.objects.filter(pk=row.pk).update(is_actionable=False)
