"""Disputes as Stripe reports them: what they do to a payment's tickets, and the emails about that."""

import logging
from collections.abc import Collection
from fractions import Fraction

from django.db import transaction

from bookings.models import StopReason, TicketStatus
from bookings.tickets.validity import Change
from payments.gateway.objects import Json
from payments.gateway.reversal_objects import StripeDispute
from payments.ledger.payment_state import recompute
from payments.ledger.refunds import request_what_is_owed
from payments.models import Cause, Dispute, FraudWarning, Notification, NotificationKind, Payment
from payments.models.dispute import OPEN
from payments.notifications import notify

logger = logging.getLogger(__name__)


@transaction.atomic
def sync_disputes(payment: Payment, disputes: Collection[StripeDispute], *, cause: Cause) -> None:
    """
    Save the state of ``payment``'s disputes, and let its status and its tickets follow.

    While a dispute of everything is open, the tickets are suspended. If it is won, the same tickets are valid
    again; if it is lost, they are void and their seats free. Of a part, only the tickets that staff name are
    stopped. An inquiry is saved and changes nothing. A state that was asked for before the one that is saved
    is ignored, by the questions' numbers and no clock.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    changed = [row for dispute in disputes if (row := _save(locked, dispute))]
    if not changed or not locked.is_paid:
        return
    changes = recompute(locked, cause=cause)
    for row in changed:
        notify_of_dispute(locked, row, changes)
    request_what_is_owed(locked)


def _save(payment: Payment, dispute: StripeDispute) -> Dispute | None:
    """Save one dispute; return its row if its status has changed, or what it takes."""
    row = payment.disputes.filter(dispute_id=dispute.id).first() or Dispute(payment=payment)
    if dispute.asked.number <= row.question:
        return None
    before = _weight(row) if row.pk else None
    row.dispute_id, row.reason, row.stripe_status = dispute.id, dispute.reason, dispute.stripe_status
    if row.pk is None or not dispute.stripe_status:  # Else it stays what it was when Stripe was understood.
        row.status = dispute.status
    row.amount, row.currency = dispute.amount, dispute.currency
    row.question, row.checked_at = dispute.asked.number, dispute.asked.at
    row.withdrawn = dispute.withdrawn
    row.share = _share(payment, dispute, is_over=row.status not in OPEN)
    row.save()
    row.refresh_from_db(fields=["effect"])
    if _weight(row) == before:
        return None
    about = {"payment": payment.reference, "dispute": row.dispute_id}
    logger.warning("the dispute is %s", row.stripe_status or row.status, extra=about)
    return row


def _weight(row: Dispute) -> tuple[object, ...]:
    """Return what a payment's status and tickets follow from."""
    return row.status, row.stripe_status, row.effect, row.amount, row.currency, row.share


def _share(payment: Payment, dispute: StripeDispute, *, is_over: bool) -> int | None:
    """
    Return how much of what was received ``dispute`` concerns; None if its amount doesn't say that.

    Where that is in another currency, what Stripe has booked out tells it, if that was in the payment's.
    What Stripe has returned of a dispute that is over doesn't count: one can be lost in part.
    """
    stated: int | None = dispute.amount
    if dispute.currency != payment.currency_received:
        is_booked_in_ours = dispute.account_currency == payment.currency_received
        stated = dispute.taken if is_booked_in_ours and dispute.taken else None
    if stated and is_over and dispute.taken and dispute.withdrawn and 0 < dispute.withdrawn < dispute.taken:
        return round(Fraction(stated * dispute.withdrawn, dispute.taken))
    return stated


def notify_of_dispute(payment: Payment, dispute: Dispute, changes: Collection[Change]) -> None:
    """Notify the customer if the dispute has changed their tickets."""
    statuses = {change.ticket.status for change in changes}
    if dispute.is_open and TicketStatus.SUSPENDED in statuses:
        notify(Notification(payment=payment, kind=NotificationKind.SUSPENDED, dispute=dispute))
    elif dispute.is_lost and any(c.ticket.stopped_for == StopReason.CHARGED_BACK for c in changes):
        notify(Notification(payment=payment, kind=NotificationKind.VOIDED, dispute=dispute))
    elif not dispute.effect and TicketStatus.VALID in statuses:
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
