"""What staff can do about a payment's disputes."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.ledger.disputes import notify_of_dispute
from payments.ledger.payment_state import recompute
from payments.models import Cause, Dispute, Payment
from payments.staff.actions.refunds import require_own_tickets
from payments.staff.commands import NotPossible, StaffCommand


@transaction.atomic
def assign_dispute(payment: Payment, command: StaffCommand) -> str:
    """Say which tickets a dispute of a part is about; as long as it is open, that can be said anew."""
    payment = Payment.objects.filter(pk=payment.pk).lock()
    dispute = command.dispute
    if dispute is None or not payment.disputes.assignable().filter(pk=dispute.pk).exists():
        raise NotPossible(_("That dispute is already matched."))
    require_own_tickets(payment, command.tickets)
    dispute = payment.disputes.get(pk=dispute.pk)
    dispute.tickets.set(command.tickets)
    Dispute.objects.filter(pk=dispute.pk).update(assigned_at=timezone.now())
    notify_of_dispute(payment, dispute, recompute(payment, cause=Cause.STAFF))
    if not command.tickets:
        return _("Matched to no tickets. They stay as they are.")
    if dispute.is_open:
        return _("Tickets on hold until the bank decides.")
    return _("Tickets cancelled, seats free.")
