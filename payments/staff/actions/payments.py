"""What staff can do about a payment. A repair is offered only where it makes sense."""

from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _

from payments.gateway.checkout.sessions import expire_session
from payments.gateway.errors import StripeUnavailable, UnknownToStripe
from payments.ledger.going_live import end_test_payment, open_test_payments
from payments.ledger.moving import exchanges_of, is_movable
from payments.ledger.refunds import can_be_made_again, is_refundable
from payments.ledger.reseating import NotReseatable, reseat, why_not_reseatable
from payments.ledger.settlement import expire_missing, is_long_over, settle
from payments.ledger.verification import ask
from payments.models import Action, Cause, Payment, PaymentStatus, StripeState
from payments.staff.actions import disputes, moves, refunds, tickets
from payments.staff.actions.asking import ask_stripe
from payments.staff.actions.table import ActionSpec, ActionTable, keep_note
from payments.staff.commands import NotPossible, StaffCommand


def seen_of_payment(payment: Payment) -> list[object]:
    """Return everything that staff decide by; asking Stripe and finding nothing new leaves it the same."""
    booking = payment.booking
    return [
        *(payment.status, payment.problem),
        *(booking.status, str(booking.mailed_at), booking.email, booking.name, str(booking.mail_refused_at)),
        *payment.refunds.order_by("pk").values_list("pk", "status", "amount", "waived_at"),
        *payment.disputes.order_by("pk").values_list("pk", "status", "effect", "share", "assigned_at"),
        *booking.tickets.order_by("pk").values_list("pk", "status", "drawing_error"),
        *exchanges_of(payment).values_list("pk", "status"),
    ]


def _can_be_asked(payment: Payment) -> bool:
    """Whether Stripe knows it by our key."""
    return bool(payment.session_id) and not payment.is_of_other_mode


def _ask(payment: Payment, command: StaffCommand) -> str:
    return ask_stripe(
        payment,
        ask=partial(ask, cause=Cause.STAFF),
        says=lambda payment: payment.get_stripe_state_display(),
    )


def _can_be_released(payment: Payment) -> bool:
    """Whether its session can be closed, or is long over if Stripe doesn't know it."""
    if payment.status != PaymentStatus.PENDING or not _can_be_asked(payment):
        return False
    return payment.stripe_state != StripeState.MISSING or is_long_over(payment)


def _release(payment: Payment, command: StaffCommand) -> str:
    bookings = type(payment.booking).objects.filter(pk=payment.booking_id, cancelled_at=None)
    bookings.update(cancelled_at=timezone.now())
    try:
        payment = settle(expire_session(str(payment.session_id)), cause=Cause.STAFF)
    except UnknownToStripe as error:
        if not expire_missing(payment, cause=Cause.STAFF):
            raise NotPossible(
                _("Stripe doesn't know its session. You can release it a day after the session's end.")
            ) from error
        return _("Stripe doesn't know its session, which ended long ago. Seats released.")
    except StripeUnavailable as error:
        Payment.objects.filter(pk=payment.pk).check_soon()
        raise NotPossible(
            _("Can't reach Stripe right now. Seats will be released as soon as Stripe answers.")
        ) from error
    if payment.status == PaymentStatus.EXPIRED:
        return _("Payment page closed, seats released.")
    return _("No seats released: the payment is %(status)s.") % {"status": payment.get_status_display()}


def _reseat(payment: Payment, command: StaffCommand) -> str:
    try:
        labels = ", ".join(ticket.seat.label for ticket in reseat(payment, cause=Cause.STAFF))
    except NotReseatable as error:
        raise NotPossible(str(error)) from error
    return _("Seats assigned: %(seats)s. Emailing the tickets.") % {"seats": labels}


def _end_test(payment: Payment, command: StaffCommand) -> str:
    if not end_test_payment(payment, cause=Cause.STAFF):
        raise NotPossible(_("Already ended."))
    return _("Test purchase ended. Seats free, tickets cancelled.")


PAYMENT_ACTIONS = ActionTable[Payment](
    rows=Payment.objects.with_booking,
    seen=seen_of_payment,
    specs={
        Action.ASK: ActionSpec(_can_be_asked, _ask),
        Action.RELEASE: ActionSpec(_can_be_released, _release),
        Action.RESEAT: ActionSpec(lambda payment: not why_not_reseatable(payment), _reseat),
        Action.MOVE: ActionSpec(is_movable, moves.move),
        Action.REFUND: ActionSpec(
            lambda payment: _can_be_asked(payment) and is_refundable(payment), refunds.refund
        ),
        Action.RETRY_REFUND: ActionSpec(
            lambda payment: _can_be_asked(payment) and can_be_made_again(payment), refunds.retry_refund
        ),
        Action.ASSIGN_REFUND: ActionSpec(
            lambda payment: payment.refunds.unassigned().exists(), refunds.assign_refund
        ),
        Action.ASSIGN_DISPUTE: ActionSpec(
            lambda payment: payment.disputes.assignable().exists(), disputes.assign_dispute
        ),
        Action.WAIVE_REFUND: ActionSpec(
            lambda payment: payment.refunds.broken().exists(), refunds.waive_refund
        ),
        Action.RESEND: ActionSpec(tickets.has_valid_tickets, tickets.resend_tickets),
        Action.ADDRESS: ActionSpec(tickets.has_mail_to_come, tickets.correct_email),
        Action.NAME: ActionSpec(tickets.has_tickets, tickets.correct_name),
        Action.REDRAW: ActionSpec(tickets.has_undrawn_tickets, tickets.redraw_codes),
        Action.END_TEST: ActionSpec(
            lambda payment: open_test_payments().filter(pk=payment.pk).exists(), _end_test
        ),
        Action.NOTE: ActionSpec(lambda payment: True, keep_note),
    },
)
