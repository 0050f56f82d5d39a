"""The one road to paid: what a Checkout Session's state means for a payment, its booking and its seats."""

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.confirmation import confirm
from bookings.holds import release
from bookings.models import Booking, BookingStatus
from payments.gateway import CheckoutSession, SessionState
from payments.models import Cause, Payment, PaymentStatus, Problem

logger = logging.getLogger(__name__)

# Where money may still arrive: after any of the others it has arrived already.
UNPAID = [PaymentStatus.PENDING, PaymentStatus.PROCESSING, PaymentStatus.FAILED, PaymentStatus.EXPIRED]


class UnknownPayment(Exception):
    """A session claims to be ours, but no payment here belongs to it."""


@transaction.atomic
def settle(session: CheckoutSession, *, cause: Cause) -> Payment:
    """
    Bring the payment of ``session`` to where Stripe says it is, and return it.

    Call it any number of times, concurrently, with states in any order: a status only moves forward. All
    rows are locked in one order (payment, booking, seats), and Stripe isn't asked anything.

    Raise ``UnknownPayment`` if there is no such payment.
    """
    payment = _lock(session)
    match session.state:
        case SessionState.PAID if payment.status in UNPAID:
            _receive_money(payment, session, cause)
        case SessionState.PROCESSING if payment.status == PaymentStatus.PENDING:
            payment.move(PaymentStatus.PROCESSING, cause=cause)
        case SessionState.FAILED if payment.is_undecided:
            payment.error_message = _("Your bank did not make the payment.")
            _give_up(payment, PaymentStatus.FAILED, cause)
        case SessionState.EXPIRED if payment.is_undecided:
            _give_up(payment, PaymentStatus.EXPIRED, cause)
    return payment


def _lock(session: CheckoutSession) -> Payment:
    """Lock the payment of ``session`` and its booking, in that order."""
    payments = Payment.objects.select_for_update(no_key=True)
    payment = payments.filter(session_id=session.id).first()
    if payment is None:
        # Stripe's reply with the session's id was lost, or the process that waited for it has died.
        payment = payments.filter(reference=session.payment_reference, session_id=None).first()
        if payment is None:
            raise UnknownPayment(f"No payment here belongs to session {session.id}.")
        payment.session_id = session.id
        payment.save(update_fields=["session_id"])
    payment.booking = Booking.objects.select_for_update(no_key=True).get(pk=payment.booking_id)
    return payment


def _receive_money(payment: Payment, session: CheckoutSession, cause: Cause) -> None:
    """Confirm the booking if what was paid is what was asked for; else note the problem and owe a refund."""
    payment.payment_intent_id = session.payment_intent_id
    payment.error_message = ""
    problem = _find_problem(payment, session)
    if problem is None:
        confirm(payment.booking)
        payment.move(PaymentStatus.SUCCEEDED, cause=cause)
        return
    logger.error("payment %s: %s", payment.pk, problem)
    payment.problem = problem
    _give_up(payment, PaymentStatus.REFUND_DUE, cause)


def _find_problem(payment: Payment, session: CheckoutSession) -> Problem | None:
    references = (session.payment_reference, session.booking_reference)
    if references != (payment.reference, payment.booking.reference):
        return Problem.REFERENCE_MISMATCH
    if session.currency != payment.currency:
        return Problem.CURRENCY_MISMATCH
    if session.amount != payment.amount:
        return Problem.AMOUNT_MISMATCH
    if payment.booking.status != BookingStatus.HELD:
        return Problem.PAID_AFTER_RELEASE
    return None


def _give_up(payment: Payment, status: PaymentStatus, cause: Cause) -> None:
    """End a payment without tickets; its seats can be sold again."""
    release(payment.booking)
    payment.move(status, cause=cause)
