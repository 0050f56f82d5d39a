"""Gives seats to a paid payment that has none: it came too late, or its dispute was won."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import EventStatus, Ticket, TicketStatus
from bookings.seats.reseating import NoSeatsLeft, hold_again
from bookings.tickets.issuing import confirm
from payments.ledger.payment_state import recompute
from payments.ledger.shares import share_out
from payments.models import Cause, Payment, PaymentStatus, Problem, RefundStatus
from payments.models.refund import BROKEN

# The price of the seats was paid, only too late.
PAID_TOO_LATE = (Problem.PAID_AFTER_RELEASE, Problem.PAID_AFTER_CANCELLATION)


class NotReseatable(Exception):
    """The payment can't be given seats; the message says why, to the person who wanted it."""


@transaction.atomic
def reseat(payment: Payment, *, cause: Cause) -> list[Ticket]:
    """
    Give seats to a paid payment that has none, and return the new tickets.

    They are the seats of the booking if those are free, else others of the same prices. A refund that wasn't
    sent yet is withdrawn, one that failed is waived. Raise ``NotReseatable``; then nothing has changed.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if why := why_not_reseatable(locked):
        raise NotReseatable(why)
    unsent = locked.refunds.filter(status=RefundStatus.DUE, tried_at=None)
    unsent.update(status=RefundStatus.WITHDRAWN)
    locked.refunds.filter(status__in=BROKEN).update(waived_at=timezone.now())
    if locked.refunds.standing().exists():
        raise NotReseatable(_("A refund of this payment is in progress."))
    try:
        hold_again(locked.booking)
    except NoSeatsLeft as error:
        raise NotReseatable(_("No seats at these prices are free.")) from error
    locked.problem = ""
    locked.booking.cancelled_at = locked.booking.mailed_at = locked.booking.mail_refused_at = None
    locked.booking.mail_refusal = ""
    locked.booking.mailings += 1
    locked.booking.save(
        update_fields=["cancelled_at", "mailed_at", "mail_refused_at", "mail_refusal", "mailings"]
    )
    share_out(locked)
    tickets = confirm(locked.booking)
    if locked.status == PaymentStatus.SUCCEEDED:
        locked.save(update_fields=["problem"])
    else:
        locked.move(PaymentStatus.SUCCEEDED, cause=cause)
    recompute(locked, cause=cause)
    return tickets


def why_not_reseatable(payment: Payment) -> str:
    """Return why ``payment`` can't be given seats; empty if it can, unless no seats are free."""
    if not payment.is_paid or payment.test_ended_at or payment.is_of_test_mode:
        return _("Nothing was paid for seats.")
    if payment.is_of_test_mode or payment.test_ended_at:
        return _("It was bought in test mode.")
    if payment.problem and payment.problem not in PAID_TOO_LATE:
        return _("The amount paid doesn't match the price of the seats.")
    if payment.booking.event.status == EventStatus.CANCELLED:
        return _("The event is cancelled.")
    if payment.booking.event.ends_at <= timezone.now():
        return _("The event is over.")
    if payment.booking.tickets.exclude(status=TicketStatus.VOID).exists():
        return _("It already has its tickets.")
    if any(dispute.is_open or dispute.is_lost for dispute in payment.disputes.all()):
        return _("The bank took the money back.")
    if payment.booking.payments.paid().filter(problem="").exclude(pk=payment.pk).exists():
        return _("The booking was paid by another payment.")
    sent = payment.refunds.standing().exclude(status__in=BROKEN)
    if sent.exclude(status=RefundStatus.DUE, tried_at=None).exists():
        return _("This payment is refunded or being refunded.")
    return ""
