"""The one road to paid: what a Checkout Session's state means for a payment, its booking and its seats."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from bookings.models import BookingStatus
from bookings.seats.holds import release
from bookings.seats.reseating import NoSeatsLeft, hold_again
from bookings.tickets.issuing import confirm
from payments.durations import WRITTEN_OFF_AFTER
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
    """A session claims to be ours, but no payment here belongs to it."""


@transaction.atomic
def settle(session: CheckoutSession, *, cause: Cause) -> Payment:
    """
    Bring the payment of ``session`` to where Stripe says it is, and return it.

    Call it any number of times, concurrently, with states in any order: towards paid a status only moves
    forward, and from there on it follows the refunds and disputes that are known. All rows are locked in one
    order (payment, booking, seats), and Stripe isn't asked anything.

    Raise ``UnknownPayment`` if there is no such payment.
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
            _give_up(payment, PaymentStatus.FAILED, cause)
            notify(Notification(payment=payment, kind=NotificationKind.FAILED))
        case StripeState.EXPIRED if payment.is_undecided:
            _give_up(payment, PaymentStatus.EXPIRED, cause)
    _note(payment, session, is_news=payment.status != before)
    if payment.is_paid and session.state == StripeState.PAID:
        apply_refunds(payment, session.refunds, cause=cause)
    return payment


def _lock(session: CheckoutSession) -> Payment:
    """Lock the payment of ``session`` and its booking, in that order."""
    try:
        return Payment.objects.filter(session_id=session.id).lock()
    except Payment.DoesNotExist:
        return _adopt(session)


def _adopt(session: CheckoutSession) -> Payment:
    """Lock the payment that waits for its session: the reply with it got lost, or who waited for it died."""
    try:
        payment = Payment.objects.filter(reference=session.payment_reference, session_id=None).lock()
    except Payment.DoesNotExist as error:
        raise UnknownPayment(f"No payment here belongs to session {session.id}.") from error
    payment.session_id = session.id
    payment.save(update_fields=["session_id"])
    return payment


def _receive_money(payment: Payment, session: CheckoutSession, cause: Cause) -> None:
    """Confirm the booking if what was paid is what was asked for; else name the problem and owe it back."""
    payment.payment_intent_id = session.payment_intent_id
    payment.amount_received, payment.currency_received = session.amount, session.currency
    payment.error_message = ""
    problem = _find_mismatch(payment, session) or WHEN_PAID[BookingStatus(payment.booking.status)](payment)
    if problem is None:
        confirm(payment.booking)
        payment.move(PaymentStatus.SUCCEEDED, cause=cause)
        _close_others(payment)
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


def _buy(payment: Payment) -> Problem | None:
    is_over = payment.booking.event.ends_at <= timezone.now()
    return Problem.PAID_AFTER_EVENT if is_over else None


def _hold_again(payment: Payment) -> Problem | None:
    if payment.booking.cancelled_at:  # They were told that nothing was charged.
        return Problem.PAID_AFTER_CANCELLATION
    try:
        hold_again(payment.booking)
    except NoSeatsLeft:
        return Problem.PAID_AFTER_RELEASE
    return None


# What becomes of money that matches, by what has become of its booking: None if it buys the seats. The same
# table, with what the customer reads, is in docs/money.md.
WHEN_PAID: dict[BookingStatus, Callable[[Payment], Problem | None]] = {
    BookingStatus.HELD: _buy,
    BookingStatus.RELEASED: lambda payment: _buy(payment) or _hold_again(payment),
    BookingStatus.CANCELLED: lambda payment: Problem.PAID_AFTER_CANCELLATION,
    BookingStatus.CONFIRMED: lambda payment: Problem.PAID_TWICE,
}


def _close_others(payment: Payment) -> None:
    """Have the booking's other session closed, if there is one that could still be paid."""
    for other in payment.booking.payments.undecided():
        app.configure_task("payments.tasks.close_session").defer(payment_id=other.pk)


def _give_up(payment: Payment, status: PaymentStatus, cause: Cause) -> None:
    """End a payment without money; its seats can be sold again."""
    release(payment.booking)
    payment.move(status, cause=cause)


def _note(payment: Payment, session: CheckoutSession, *, is_news: bool) -> None:
    """Keep what Stripe said, for whoever wonders; an old event that changed nothing may be out of date."""
    if session.asked_at:
        payment.checked_at, payment.check_error = timezone.now(), ""
    contradicts = not payment.is_paid or session.state != StripeState.PAID
    if is_news or (session.asked_at and (contradicts or not payment.stripe_state)):
        payment.stripe_state = session.state
    if session.charge_id:
        payment.charge_id, payment.card_last4 = session.charge_id, session.card_last4
    if is_news or session.asked_at:
        payment.save(update_fields=["checked_at", "check_error", "stripe_state", "charge_id", "card_last4"])
    if session.asked_at and not is_news:
        payment.booking.publish()  # Pages say when Stripe was asked.


@transaction.atomic
def write_off(payment: Payment, *, cause: Cause) -> bool:
    """
    End a payment whose session Stripe doesn't know, long after nobody could pay it; return whether it was so.

    For staff: the seats of such a payment would be held for ever.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    is_long_over = locked.expires_at + WRITTEN_OFF_AFTER <= timezone.now()
    if not (locked.is_undecided and locked.stripe_state == StripeState.MISSING and is_long_over):
        return False
    _give_up(locked, PaymentStatus.EXPIRED, cause)
    return True


def schedule_check(payment: Payment) -> None:
    """Have Stripe asked soon about a payment that was given up, of whose money there is word."""
    given_up = Payment.objects.filter(pk=payment.pk, status__in=[PaymentStatus.FAILED, PaymentStatus.EXPIRED])
    given_up.check_soon()


def note_charge(payment: Payment, charge: Json) -> None:
    """Keep which charge brought the money, and the last digits of its card."""
    Payment.objects.filter(pk=payment.pk).update(charge_id=charge["id"], card_last4=last4_of(charge))
