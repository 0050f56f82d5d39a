"""What staff can do about a payment's refunds."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import StopReason, Ticket
from payments.ledger.payment_state import recompute
from payments.ledger.refunds import NotRefundable, request_refund
from payments.models import Cause, Notification, NotificationKind, Origin, Payment, Refund
from payments.notifications import notify
from payments.staff.commands import NotPossible, StaffCommand


def refund(payment: Payment, command: StaffCommand) -> str:
    refund = _request(payment, amount=command.amount, tickets=command.tickets)
    if not refund.amount:
        return _("Tickets cancelled. Nothing was paid, so no money moves.")
    return _("Sending the refund to Stripe.")


def retry_refund(payment: Payment, command: StaffCommand) -> str:
    if command.refund is None:
        raise NotPossible(_("Choose a refund."))
    _request(payment, replaces=command.refund)
    return _("Sending the refund to Stripe again.")


def _request(payment: Payment, **what: Any) -> Refund:
    try:
        return request_refund(payment, origin=Origin.STAFF, cause=Cause.STAFF, **what)
    except NotRefundable as error:
        raise NotPossible(str(error)) from error


@transaction.atomic
def assign_refund(payment: Payment, command: StaffCommand) -> str:
    payment = Payment.objects.filter(pk=payment.pk).lock()
    refund = command.refund
    if refund is None or not payment.refunds.unassigned().filter(pk=refund.pk).exists():
        raise NotPossible(_("That refund is already matched."))
    require_own_tickets(payment, command.tickets)
    refund.tickets.set(command.tickets)
    Refund.objects.filter(pk=refund.pk).update(assigned_at=timezone.now())
    if not command.tickets:
        return _("Matched to no tickets. They stay as they are.")
    recompute(payment, cause=Cause.STAFF)
    notify(Notification(payment=payment, kind=NotificationKind.GIVEN_UP, refund=refund))
    return _("Tickets cancelled, seats free.")


def require_own_tickets(payment: Payment, tickets: Collection[Ticket]) -> None:
    """Raise ``NotPossible`` unless these are tickets of the booking, in their newest version."""
    if any(ticket.booking_id != payment.booking_id for ticket in tickets):
        raise NotPossible(_("Choose tickets of this booking."))
    if Ticket.objects.filter(
        pk__in=[ticket.pk for ticket in tickets], stopped_for=StopReason.RENAMED
    ).exists():
        raise NotPossible(_("One of the tickets was replaced. Check and choose again."))


@transaction.atomic
def waive_refund(payment: Payment, command: StaffCommand) -> str:
    payment = Payment.objects.filter(pk=payment.pk).lock()
    refund = command.refund
    if refund is None or not payment.refunds.broken().filter(pk=refund.pk).exists():
        raise NotPossible(_("That refund needs no action."))
    Refund.objects.filter(pk=refund.pk).update(waived_at=timezone.now())
    recompute(payment, cause=Cause.STAFF)
    return _("Refund marked as settled. No money moves.")
