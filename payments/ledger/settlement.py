"""The only code that makes a payment paid: what a Checkout Session's state means for it and its seats."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from bookings.models import BookingStatus
from bookings.seats.holds import release
from bookings.seats.reseating import NoSeatsLeft, hold_again
from bookings.tickets.issuing import confirm
from payments.durations import MISSING_EXPIRES_AFTER
from payments.gateway.objects import CheckoutSession, Json, last4_of
from payments.ledger.refund_sync import apply_refunds
from payments.ledger.refunds import refuse_money
from payments.models import (
    Cause,
    Notification,
    NotificationKind,
    Payment,
    PaymentStatus,
    Problem,
    StripeState,
)
from payments.models.payment import UNPAID
from payments.notifications import notify


class UnknownPayment(Exception):
    """A session has our metadata, but no payment here belongs to it."""


@transaction.atomic
def settle(session: CheckoutSession, *, cause: Cause) -> Payment:
    """
    Move the payment of ``session`` to the status that follows from the session's state, and return it.

    It may be called any number of times, concurrently, and with states in any order. Until it is paid, a
    payment only moves forward; from then on its status follows from its refunds and disputes. The rows are
    locked in one order (payment, booking, seats), and Stripe isn't asked.

    Raise ``UnknownPayment`` if no payment here belongs to the session.
    """
    payment = _lock(session)
    before = payment.status
    match session.state:
        case StripeState.PAID if payment.status in UNPAID:
            _receive_money(payment, session, cause)
        case StripeState.PROCESSING if payment.status == PaymentStatus.PENDING:
            payment.move(PaymentStatus.PROCESSING, cause=cause)
            notify(Notification(payment=payment, kind=NotificationKind.PROCESSING))
        case StripeState.FAILED if payment.is_undecided:
            payment.error_message = gettext_noop("Your bank did not make the payment.")
            _end_unpaid(payment, PaymentStatus.FAILED, cause)
            notify(Notification(payment=payment, kind=NotificationKind.FAILED))
        case StripeState.EXPIRED if payment.is_undecided:
            _end_unpaid(payment, PaymentStatus.EXPIRED, cause)
    _save_state(payment, session, has_changed=payment.status != before)
    if payment.is_paid and session.state == StripeState.PAID:
        apply_refunds(payment, session.refunds, cause=cause)
    return payment


def _lock(session: CheckoutSession) -> Payment:
    """Lock the payment of ``session`` and its booking, and return the payment."""
    try:
        return Payment.objects.filter(session_id=session.id).lock()
    except Payment.DoesNotExist:
        return _lock_by_reference(session)


def _lock_by_reference(session: CheckoutSession) -> Payment:
    """Lock the payment that has no session yet, because Stripe's reply with its id was lost."""
    try:
        payment = Payment.objects.filter(reference=session.payment_reference, session_id=None).lock()
    except Payment.DoesNotExist as error:
        raise UnknownPayment(f"No payment here belongs to session {session.id}.") from error
    payment.session_id = session.id
    payment.save(update_fields=["session_id"])
    return payment


def _receive_money(payment: Payment, session: CheckoutSession, cause: Cause) -> None:
    """Confirm the booking if the right amount was paid in time; else save the problem and refund it."""
    payment.payment_intent_id = session.payment_intent_id
    payment.amount_received, payment.currency_received = session.amount, session.currency
    payment.error_message = ""
    problem = _find_mismatch(payment, session) or WHEN_PAID[BookingStatus(payment.booking.status)](payment)
    if problem is None:
        confirm(payment.booking)
        payment.move(PaymentStatus.SUCCEEDED, cause=cause)
        _close_other_sessions(payment)
        return
    if payment.booking.status == BookingStatus.HELD and payment.is_undecided:
        release(payment.booking)
    refuse_money(payment, problem, cause=cause)


def _find_mismatch(payment: Payment, session: CheckoutSession) -> Problem | None:
    references = (session.payment_reference, session.booking_reference)
    if references != (payment.reference, payment.booking.reference):
        return Problem.REFERENCE_MISMATCH
    if session.currency != payment.currency:
        return Problem.CURRENCY_MISMATCH
    if session.amount != payment.amount:
        return Problem.AMOUNT_MISMATCH
    return None


def _check_event_is_ahead(payment: Payment) -> Problem | None:
    is_over = payment.booking.event.ends_at <= timezone.now()
    return Problem.PAID_AFTER_EVENT if is_over else None


def _retake_seats(payment: Payment) -> Problem | None:
    if payment.booking.cancelled_at:  # Its customer has read that nothing was charged.
        return Problem.PAID_AFTER_CANCELLATION
    try:
        hold_again(payment.booking)
    except NoSeatsLeft:
        return Problem.PAID_AFTER_RELEASE
    return None


# By the booking's status: what is wrong with a payment of the right amount, or None if it buys the seats.
# docs/money.md has the same table, with what the customer reads.
WHEN_PAID: dict[BookingStatus, Callable[[Payment], Problem | None]] = {
    BookingStatus.HELD: _check_event_is_ahead,
    BookingStatus.RELEASED: lambda payment: _check_event_is_ahead(payment) or _retake_seats(payment),
    BookingStatus.CANCELLED: lambda payment: Problem.PAID_AFTER_CANCELLATION,
    BookingStatus.CONFIRMED: lambda payment: Problem.PAID_TWICE,
}


def _close_other_sessions(payment: Payment) -> None:
    """Have the worker close the booking's other session, if one could still be paid."""
    for other in payment.booking.payments.undecided():
        app.configure_task("payments.tasks.close_session").defer(payment_id=other.pk)


def _end_unpaid(payment: Payment, status: PaymentStatus, cause: Cause) -> None:
    """Move a payment that wasn't paid to ``status``, and release its seats."""
    release(payment.booking)
    payment.move(status, cause=cause)


def _save_state(payment: Payment, session: CheckoutSession, *, has_changed: bool) -> None:
    """Save Stripe's state, for staff, but not that of an event that changed nothing: it may be an old one."""
    if session.asked_at:
        payment.checked_at = timezone.now()
        payment.set_check_problem(None)
    contradicts = not payment.is_paid or session.state != StripeState.PAID
    if has_changed or (session.asked_at and (contradicts or not payment.stripe_state)):
        payment.stripe_state = session.state
    if session.charge_id:
        payment.charge_id, payment.card_last4 = session.charge_id, session.card_last4
    if has_changed or session.asked_at:
        checked = ["checked_at", "check_problem", "check_error"]
        payment.save(update_fields=[*checked, "stripe_state", "charge_id", "card_last4"])
    if session.asked_at and not has_changed:
        payment.booking.publish()  # Pages say when Stripe was asked.


@transaction.atomic
def expire_missing(payment: Payment, *, cause: Cause) -> bool:
    """
    Expire a payment whose session Stripe doesn't know, long after its end; return whether it was one.

    Only staff do this: otherwise the seats of such a payment would be held for ever.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    is_missing = locked.stripe_state == StripeState.MISSING
    if not (locked.is_undecided and is_missing and is_long_over(locked)):
        return False
    _end_unpaid(locked, PaymentStatus.EXPIRED, cause)
    return True


def is_long_over(payment: Payment) -> bool:
    """Whether the session of ``payment`` ended so long ago that nobody can pay it, whatever Stripe knows."""
    return payment.expires_at + MISSING_EXPIRES_AFTER <= timezone.now()


def schedule_check(payment: Payment) -> None:
    """Let the reconciler ask soon about a payment that ended unpaid, because an event speaks of its money."""
    ended = Payment.objects.filter(pk=payment.pk, status__in=[PaymentStatus.FAILED, PaymentStatus.EXPIRED])
    ended.check_soon()


def note_charge(payment: Payment, charge: Json) -> None:
    """Save which charge paid, and the last four digits of its card."""
    Payment.objects.filter(pk=payment.pk).update(charge_id=charge["id"], card_last4=last4_of(charge))
