"""The only code that makes a payment paid: what a Checkout Session's state means for it and its seats."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from bookings.models import BookingStatus, EventStatus
from bookings.seats.holds import keep_until, release
from bookings.seats.reseating import NoSeatsLeft, hold_again
from bookings.tickets.issuing import confirm
from config.database.compiled import CompiledQuery
from payments.durations import HOLD_MARGIN, MISSING_EXPIRES_AFTER
from payments.gateway.checkout.session_objects import CheckoutSession
from payments.gateway.objects import Json, last4_of
from payments.ledger.moving import give_back_exchanged, lock_exchanged
from payments.ledger.payment_state import recompute
from payments.ledger.refund_sync import apply_refunds
from payments.ledger.refunds import refuse_money
from payments.ledger.shares import share_out
from payments.models import (
    Cause,
    CheckProblem,
    LostSession,
    Notification,
    NotificationKind,
    Payment,
    PaymentStatus,
    Problem,
    StripeState,
)
from payments.models.payment import STATE_FIELDS, UNPAID
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
    return settle_within(session, cause=cause)


def settle_within(session: CheckoutSession, *, cause: Cause) -> Payment:
    """Do what ``settle`` does, in a transaction of the caller that rolls back as a whole if this fails."""
    payment = _lock(session)
    if payment.session_id != session.id:
        return _settle_another(payment, session, cause)
    before = payment.status
    if session.asked_at:
        payment.checked_at = timezone.now()
    match session.state:
        case StripeState.PAID | StripeState.FREE if payment.status in UNPAID:
            _receive_money(payment, session, cause)
        case StripeState.PROCESSING if payment.status == PaymentStatus.PENDING:
            _note_price(payment, session)
            _note_state(payment, session)
            payment.move(PaymentStatus.PROCESSING, cause=cause)
        case StripeState.FAILED if payment.is_undecided:
            _note_state(payment, session)
            payment.error_message = WHY_UNPAID[bool(payment.instructions_url)]
            _end_unpaid(payment, PaymentStatus.FAILED, cause)
            notify(Notification(payment=payment, kind=NotificationKind.FAILED))
        case StripeState.EXPIRED if payment.is_undecided:
            _note_state(payment, session)
            _end_unpaid(payment, PaymentStatus.EXPIRED, cause)
    if session.state == StripeState.PROCESSING and payment.status == PaymentStatus.PROCESSING:
        _wait_for_money(payment, session)
    if session.asked_at and payment.status == before:
        _save_answer(payment, session)
    if payment.is_paid and session.state == StripeState.PAID:
        apply_refunds(payment, session.refunds, cause=cause)
        if session.asked_at and payment.stripe_state not in HAS_MONEY:  # It was unclear for a while.
            recompute(payment, cause=cause)
    return payment


BRINGS_MONEY = (StripeState.PAID, StripeState.FREE, StripeState.PROCESSING)
# What follows from the refunds and disputes of a session that was paid.
HAS_MONEY = (
    *(StripeState.PAID, StripeState.FREE, StripeState.PARTIALLY_REFUNDED),
    *(StripeState.REFUNDED, StripeState.DISPUTED),
)
# Whether the customer had instructions by which to pay.
WHY_UNPAID = {
    False: gettext_noop("Your bank did not make the payment."),
    True: gettext_noop("It was not paid in time."),
}


PAYMENT_OF_SESSION = CompiledQuery(lambda: Payment.objects.filter(session_id="cs_").locking())


def _lock(session: CheckoutSession) -> Payment:
    """
    Lock the payment of ``session`` and its booking, and return the payment.

    A session that is known by its reference alone may be another than the payment's.
    """
    found = PAYMENT_OF_SESSION.fetch(session.id)
    return found[0] if found else _lock_by_reference(session)


def _lock_by_reference(session: CheckoutSession) -> Payment:
    """
    Lock the payment that ``session`` names: the reply with its id was lost, or it is a recovered one.

    One that was replaced by a recovered one may still say that it has expired.
    """
    may_be_another = session.is_recovered or session.state not in BRINGS_MONEY
    named = Payment.objects.filter(reference=session.payment_reference)
    try:
        payment = (named if may_be_another else named.filter(session_id=None)).lock()
    except Payment.DoesNotExist as error:
        raise UnknownPayment(f"No payment here belongs to session {session.id}.") from error
    if payment.session_id is None:
        _take_over(payment, session)
    return payment


def _take_over(payment: Payment, session: CheckoutSession) -> None:
    payment.session_id, payment.livemode = session.id, session.livemode
    payment.save(update_fields=["session_id", "livemode"])


def _settle_another(payment: Payment, session: CheckoutSession, cause: Cause) -> Payment:
    """
    Settle a session that was recovered from the one of ``payment``, and has its reference.

    Stripe lets customers recover a session that has expired: that is a new one, with the same metadata. Once
    it is paid or about to be, it is the payment's, and its money is decided like any that comes late. Money
    for a payment that has its own is a payment besides, and goes back. Until then it says nothing.

    https://docs.stripe.com/payments/checkout/abandoned-carts
    """
    if session.state not in BRINGS_MONEY:
        return payment
    if Payment.objects.filter(session_id=session.id).exists():  # Another event of it was faster.
        return settle_within(session, cause=cause)
    if payment.status in UNPAID:
        _take_over(payment, session)
        Payment.objects.filter(pk=payment.pk).check_soon()
        return settle_within(session, cause=cause)
    if session.state == StripeState.PAID:
        return _refuse_second_money(payment, session, cause)
    return payment


def _refuse_second_money(payment: Payment, session: CheckoutSession, cause: Cause) -> Payment:
    """Write what another session of ``payment`` brought as a payment besides, and refund it."""
    second = Payment.objects.create(
        booking=payment.booking,
        amount=payment.amount,
        currency=payment.currency,
        status=PaymentStatus.EXPIRED,
        session_id=session.id,
        livemode=session.livemode,
        expires_at=max(filter(None, [session.expires_at, timezone.now() + timedelta(minutes=1)])),
    )
    # Its session continues one that had expired.
    second.transitions.create(from_status=PaymentStatus.PENDING, to_status=PaymentStatus.EXPIRED, cause=cause)
    second.booking = payment.booking  # It is locked.
    _take_money(second, session)
    refuse_money(second, Problem.PAID_TWICE, cause=cause)
    return second


def _wait_for_money(payment: Payment, session: CheckoutSession) -> None:
    """
    Save what the customer has yet to do, and until when, and keep the seats until then.

    An event has the id of the payment intent alone, so Stripe is asked soon. Only what it says then is mailed
    to the customer, who may have to act.
    """
    if session.asked_at is None:
        if not payment.instructions_url:
            Payment.objects.filter(pk=payment.pk).check_soon()
        return
    told = session.instructions
    url, until = (told.url, told.until) if told else ("", None)
    if (url, until) != (payment.instructions_url, payment.act_until):
        payment.instructions_url, payment.act_until = url, until
        payment.save(update_fields=["instructions_url", "act_until"])
    if until:
        keep_until(payment.booking, until + HOLD_MARGIN)
    notify(Notification(payment=payment, kind=NotificationKind.PROCESSING))


def _receive_money(payment: Payment, session: CheckoutSession, cause: Cause) -> None:
    """
    Confirm the booking if the right amount was paid in time; else save the problem and refund it.

    The right amount is the price of the seats, less a discount and with a tax on top that Stripe vouches for;
    it may be nothing at all. If it is an exchange, the tickets that it replaces go back.
    """
    was_undecided = payment.is_undecided
    exchanged = lock_exchanged(payment) if payment.exchange_of_id else None
    _take_money(payment, session)
    _reopen_test(payment)
    problem = _find_mismatch(payment, session) or WHEN_PAID[BookingStatus(payment.booking.status)](payment)
    if problem is None:
        share_out(payment)
        confirm(payment.booking)
        payment.move(PaymentStatus.SUCCEEDED, cause=cause)
        if exchanged:
            give_back_exchanged(payment, exchanged, cause=cause)
        if not was_undecided:  # One that was undecided is the only such payment of its booking.
            _close_other_sessions(payment)
        return
    if payment.booking.status == BookingStatus.HELD and payment.is_undecided:
        release(payment.booking)
    refuse_money(payment, problem, cause=cause)


def _reopen_test(payment: Payment) -> None:
    """Let a test purchase that was ended unpaid count again: the key is a test key again, and it was paid."""
    if payment.test_ended_at:
        payment.test_ended_at = None
        payment.save(update_fields=["test_ended_at"])


def _take_money(payment: Payment, session: CheckoutSession) -> None:
    """Set what was received, by which payment intent, and Stripe's state; nothing is saved."""
    payment.payment_intent_id = session.payment_intent_id
    payment.amount_received, payment.currency_received = session.amount, session.currency
    _note_price(payment, session)
    _note_state(payment, session)
    payment.error_message = ""


def _note_price(payment: Payment, session: CheckoutSession) -> None:
    """Keep what makes the total of ``session`` another one than was asked for, and what its customer saw."""
    is_price = session.is_price_of(payment.amount)
    payment.amount_discount = session.amount_discount if is_price else 0
    payment.tax_added = session.tax_added_to(payment.amount) if is_price else 0
    payment.presentment_amount, payment.presentment_currency = session.presentment


def _find_mismatch(payment: Payment, session: CheckoutSession) -> Problem | None:
    references = (session.payment_reference, session.booking_reference)
    if references != (payment.reference, payment.booking.reference):
        return Problem.REFERENCE_MISMATCH
    if session.currency != payment.currency:
        return Problem.CURRENCY_MISMATCH
    if not session.is_price_of(payment.amount):
        return Problem.AMOUNT_MISMATCH
    return None


def _check_event_takes_place(payment: Payment) -> Problem | None:
    if payment.booking.event.status == EventStatus.CANCELLED:
        return Problem.EVENT_CALLED_OFF
    ends_at = payment.booking.event.ends_at
    if ends_at > timezone.now():
        return None
    # What a restore brings back was bought before the event, and its customer was there.
    is_brought_back = LostSession.objects.filter(payment=payment, opened_at__lt=ends_at).exists()
    return None if is_brought_back else Problem.PAID_AFTER_EVENT


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
    BookingStatus.HELD: _check_event_takes_place,
    BookingStatus.RELEASED: lambda payment: _check_event_takes_place(payment) or _retake_seats(payment),
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


def _note_state(payment: Payment, session: CheckoutSession) -> None:
    """Set Stripe's state, for staff, and which charge has paid; nothing is saved."""
    payment.stripe_state = session.state
    payment.set_check_problem(CheckProblem.UNREADABLE if session.unclear else None, session.unclear)
    if session.asked:
        payment.question = max(payment.question, session.asked.number)
    if session.charge_id:
        payment.charge_id, payment.card_last4 = session.charge_id, session.card_last4


def _save_answer(payment: Payment, session: CheckoutSession) -> None:
    """
    Save what Stripe has answered about a payment that it leaves as it is.

    An event that changes nothing isn't saved: it may be an old one.
    """
    known, is_newest = payment.stripe_state, _is_newest(payment, session)
    _note_state(payment, session)
    follows = known and payment.is_paid and session.state == StripeState.PAID
    if follows or not is_newest:
        payment.stripe_state = known  # It follows from refunds and disputes, which the session doesn't show.
    if payment.is_paid and session.presentment.currency:  # It may not have been known at first.
        payment.presentment_amount, payment.presentment_currency = session.presentment
    payment.save(update_fields=[*STATE_FIELDS, "presentment_amount", "presentment_currency"])
    payment.booking.publish()  # Pages say when Stripe was asked.


def _is_newest(payment: Payment, session: CheckoutSession) -> bool:
    """Whether ``session`` was fetched, and no answer to a later question is saved already."""
    return session.asked is not None and session.asked.number > payment.question


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
    """Save which charge paid, and the last four digits of its card, unless another has paid."""
    # One that is paid without an intent was free: a charge that names it has paid for another session.
    is_awaited = Q(payment_intent_id=None, amount_received=None)
    is_its_own = is_awaited | Q(payment_intent_id=charge.get("payment_intent"))
    payments = Payment.objects.filter(is_its_own, pk=payment.pk)
    payments.update(charge_id=charge["id"], card_last4=last4_of(charge))
