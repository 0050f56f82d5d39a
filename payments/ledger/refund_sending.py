"""Sends refunds to Stripe."""

import logging

from django.db import transaction
from django.utils import timezone

from payments import metrics
from payments.gateway.errors import (
    KeyRefused,
    KeySpent,
    NotAllowed,
    StripeRefused,
    StripeUnavailable,
    Unreadable,
)
from payments.gateway.refunds import fetch_refunds, find_refund, open_refund
from payments.gateway.reversal_objects import StripeRefund
from payments.ledger.payment_state import recompute
from payments.ledger.refund_sync import sync_refunds
from payments.ledger.refunds import about, disputed_amount, fit, sendable_amount
from payments.models import Cause, Notification, NotificationKind, Origin, Payment, Refund, RefundStatus
from payments.models.refund import BROKEN
from payments.notifications import notify

logger = logging.getLogger(__name__)


def send(refund_id: int) -> None:
    """
    Send a refund to Stripe if it is due: once, however often this is called, and even if it is killed.

    A second try first looks for what the first one may have made. Stripe forgets the idempotency key after a
    day, but keeps the refund's metadata.

    Raise ``StripeUnavailable``, ``KeyRefused``, ``NotAllowed`` or ``Unreadable``. Then the refund stays due,
    because nobody knows whether it was made. If Stripe refuses the refund itself, that is saved for staff.
    """
    due = Refund.objects.due().filter(pk=refund_id)
    # From here on staff can't withdraw it.
    is_first = due.filter(tried_at=None).update(tried_at=timezone.now())
    refund = due.select_related("payment").first()
    if refund is None:
        return
    try:
        stripe_refund = _ask(refund, is_first=bool(is_first))
    except (StripeUnavailable, KeyRefused, NotAllowed, Unreadable) as error:
        metrics.REFUNDS_SENT.labels("unavailable").inc()
        logger.warning("not known to be sent: %s", error, extra=about(refund))
        raise
    except StripeRefused as refusal:
        metrics.REFUNDS_SENT.labels("refused").inc()
        _save_refusal(refund, refusal)
    else:
        metrics.REFUNDS_SENT.labels("accepted").inc()
        logger.info("sent", extra=about(refund))
        sync_refunds(refund.payment, [stripe_refund], cause=Cause.REFUND)


def _ask(refund: Refund, *, is_first: bool) -> StripeRefund:
    """Ask for the refund, or find what was made for it; under the next key if Stripe keeps a failure."""
    try:
        return _open(refund) if is_first else _find_or_open(refund)
    except KeySpent:
        refund.spend_key()
        return _find_or_open(refund)


def _find_or_open(refund: Refund) -> StripeRefund:
    return _find_sent(refund) or _open(refund)


def _open(refund: Refund) -> StripeRefund:
    """
    Make ``refund`` at Stripe, or what is left of it.

    If Stripe says that it is more than is left, somebody has sent a part back in Stripe's dashboard, and its
    event is still to come. Then Stripe is asked what, and the rest is sent. What is sent is saved first, and
    its key follows from it, so that two who find this out at once send it once.
    """
    while True:
        fit(refund)
        _require_sendable(refund)
        tried = refund.amount
        try:
            return open_refund(refund)
        except StripeRefused as refusal:
            if refusal.param != "amount":
                raise
            _learn(refund.payment)
            fit(refund)
            if refund.amount >= tried:  # Nothing new was found out.
                raise


def _require_sendable(refund: Refund) -> None:
    """Raise ``StripeRefused`` if the bank has taken what is left: Stripe might not notice."""
    payment = refund.payment
    if sendable_amount(payment):
        return
    if payment.refunds.filter(status=RefundStatus.UNKNOWN).exists():
        raise StripeRefused("Another refund may already have sent this money.")
    if disputed_amount(payment):
        raise StripeRefused("The bank took this money, so it can't be refunded.", code="charge_disputed")


def _learn(payment: Payment) -> None:
    """Take over what Stripe knows of a payment's refunds; raise ``StripeUnavailable`` if it doesn't say."""
    try:
        known = fetch_refunds(str(payment.payment_intent_id))
    except StripeRefused as error:
        raise StripeUnavailable(str(error)) from error
    sync_refunds(payment, known, cause=Cause.REFUND)


def _find_sent(refund: Refund) -> StripeRefund | None:
    """Return what an earlier try made at Stripe; raise ``StripeUnavailable`` if that can't be looked up."""
    try:
        return find_refund(refund)
    except StripeRefused as error:
        raise StripeUnavailable(str(error)) from error


@transaction.atomic
def _save_refusal(refund: Refund, refusal: StripeRefused) -> None:
    """Save why Stripe refused a refund, for staff; its tickets are valid again."""
    payment = Payment.objects.filter(pk=refund.payment_id).lock()
    is_new = Refund.objects.filter(pk=refund.pk, status=RefundStatus.DUE).update(
        status=RefundStatus.REFUSED, error_code=refusal.code or "refused", error_message=str(refusal)
    )
    if is_new:
        logger.error("refused: %s", refusal, extra=about(refund))
        _restore_replaced(refund)
        recompute(payment, cause=Cause.REFUND)
        if refund.origin == Origin.CUSTOMER:
            notify(Notification(payment=payment, kind=NotificationKind.NOT_CANCELLED, refund=refund))
        # Stripe may have refused because somebody refunded the payment in its dashboard.
        Payment.objects.filter(pk=payment.pk).check_soon()


def _restore_replaced(refused: Refund) -> None:
    """Let the failed refund that ``refused`` was to replace wait for staff again."""
    if refused.replaces and refused.replaces.status in BROKEN:
        Refund.objects.filter(pk=refused.pk).update(replaces=None, waived_at=timezone.now())
