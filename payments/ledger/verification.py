"""Asks Stripe about a payment whose event is late, lost, or not worth waiting for."""

import logging
from collections.abc import Collection

from django.utils import timezone

from payments import metrics
from payments.gateway.checkout.session_objects import CheckoutSession
from payments.gateway.checkout.sessions import expire_session, fetch_session
from payments.gateway.disputes import fetch_disputes
from payments.gateway.errors import OtherMode, StripeRefused, StripeUnavailable, UnknownToStripe
from payments.gateway.reversal_objects import StripeDispute
from payments.ledger.disputes import sync_disputes
from payments.ledger.settlement import settle
from payments.ledger.state_matrix import Judgement, Verdict, judge, stripe_state_for
from payments.models import Cause, Payment, PaymentStatus, StripeState
from payments.models.refund import ACCEPTED

logger = logging.getLogger(__name__)


def ask(payment: Payment, *, cause: Cause, is_disputed: bool = False, is_idle: bool = False) -> Payment:
    """
    Ask Stripe about ``payment``, which has a session, settle its answer, and return the payment.

    That takes one call. A second one closes a session that must not be paid any more, or that ``is_idle`` and
    whose customer has never tried to pay; or it fetches the disputes
    if there ever was one, or if ``is_disputed``. Seats are only released if Stripe says that the session
    can't be paid. An answer that contradicts what is known here changes nothing; if Stripe gives it twice, it
    is logged as an error.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    _require_our_mode(payment)
    try:
        session = fetch_session(str(payment.session_id))
    except UnknownToStripe:
        return _save_missing(payment, cause)
    except (StripeUnavailable, StripeRefused) as error:
        payment.stripe_checks.create(cause=cause, error=str(error) or repr(error))
        raise
    payment = settle(session, cause=cause)
    if _is_conflict(payment) and not session.unclear:  # An event may have been quicker than this answer.
        session = fetch_session(session.id)
        payment = settle(session, cause=cause)
    is_abandoned = is_idle and not session.was_tried
    if session.state == StripeState.OPEN and (is_abandoned or must_close(payment)):
        if cause == Cause.WEBHOOK:  # An event must not stand in line behind customers to write.
            Payment.objects.filter(pk=payment.pk).check_soon()
        else:
            payment = settle(expire_session(session.id), cause=cause)
    if (session.was_disputed or is_disputed) and payment.is_paid and payment.payment_intent_id:
        sync_disputes(payment, fetch_disputes(payment.payment_intent_id), cause=cause)
        payment.refresh_from_db(fields=["status", "stripe_state"])
    payment.stripe_checks.create(cause=cause, state=payment.stripe_state)
    if _is_conflict(payment):
        words = "is %s here, but %s at Stripe"
        logger.error(words, payment.status, payment.stripe_state, extra={"payment": payment.reference})
    return payment


def _is_conflict(payment: Payment) -> bool:
    return judge(payment.status, payment.stripe_state).verdict == Verdict.CONFLICT


def compare_with_stripe(payment: Payment) -> tuple[StripeState, Judgement]:
    """
    Return the state of ``payment`` at Stripe and what it means that the two differ; nothing is changed.

    Raise ``StripeUnavailable`` or ``StripeRefused``.
    """
    _require_our_mode(payment)
    try:
        session = fetch_session(str(payment.session_id))
    except UnknownToStripe:
        return StripeState.MISSING, judge(payment.status, StripeState.MISSING)
    disputes = fetch_disputes(str(session.payment_intent_id)) if session.was_disputed else []
    state = state_of(session, disputes)
    return state, judge(payment.status, state)


def _require_our_mode(payment: Payment) -> None:
    """Raise ``OtherMode`` if Stripe would answer that it doesn't know this payment, though it did happen."""
    if payment.is_of_other_mode:
        raise OtherMode


def state_of(session: CheckoutSession, disputes: Collection[StripeDispute]) -> StripeState:
    """Return the state at Stripe of a fetched session with these ``disputes``."""
    if session.state != StripeState.PAID:
        return session.state
    return stripe_state_for(
        amount=session.amount,
        refunded=sum(refund.amount for refund in session.refunds if refund.status in ACCEPTED),
        is_disputed=any(dispute.effect for dispute in disputes),
    )


def must_close(payment: Payment) -> bool:
    """Whether the open session of ``payment`` must be closed: it should have ended, or was cancelled."""
    if payment.status == PaymentStatus.PENDING:
        return payment.expires_at <= timezone.now() or bool(payment.booking.cancelled_at)
    return payment.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED)


def _save_missing(payment: Payment, cause: Cause) -> Payment:
    logger.error("Stripe doesn't know its session", extra={"payment": payment.reference})
    payment.stripe_state, payment.checked_at = StripeState.MISSING, timezone.now()
    payment.save(update_fields=["stripe_state", "checked_at"])
    payment.booking.publish()
    payment.stripe_checks.create(cause=cause, state=StripeState.MISSING)
    return payment


def verify(session_id: str) -> None:
    """
    Ask Stripe about the payment of a session, if there is one, and settle its answer.

    Does nothing if Stripe was asked about it less than 10 seconds ago, in whatever process.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    payment = Payment.objects.of_session(session_id).first()
    if payment and payment.claim():
        with metrics.verification():
            ask(payment, cause=Cause.VERIFICATION)
    elif payment:
        metrics.VERIFICATIONS.labels("too_early").inc()


def cancel(payment: Payment) -> Payment:
    """
    Close the session of ``payment`` at Stripe, settle its state, and return the payment.

    If the customer has paid meanwhile, the payment is paid. Raise ``StripeUnavailable`` or ``StripeRefused``;
    then the seats stay held, because the session can still be paid, and the reconciler closes it later.
    """
    if payment.status != PaymentStatus.PENDING or not payment.session_id:
        return payment
    _require_our_mode(payment)
    now = timezone.now()
    # Before Stripe is asked: its event may be the one that frees the seats.
    type(payment.booking).objects.filter(pk=payment.booking_id, cancelled_at=None).update(cancelled_at=now)
    payment.booking.publish()
    try:
        return settle(expire_session(payment.session_id), cause=Cause.CANCELLATION)
    except StripeUnavailable:
        Payment.objects.filter(pk=payment.pk).check_soon()
        raise
