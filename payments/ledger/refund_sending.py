"""Refunds on their way to Stripe."""

import logging

from django.db import transaction
from django.utils import timezone

from payments import metrics
from payments.gateway.errors import KeyRefused, NotAllowed, StripeRefused, StripeUnavailable, Unreadable
from payments.gateway.objects import StripeRefund
from payments.gateway.refunds import find_refund, open_refund
from payments.ledger.payment_state import recompute
from payments.ledger.refund_sync import about, sync_refunds
from payments.models import Cause, Notification, NotificationKind, Origin, Payment, Refund, RefundStatus
from payments.models.refund import BROKEN
from payments.notifications import notify

logger = logging.getLogger(__name__)


def send(refund_id: int) -> None:
    """
    Send a refund that is due to Stripe, once, however often this is called or killed.

    A second try first looks for what the earlier one may have made: Stripe forgets the idempotency key
    after a day, but not the refund's metadata. While Stripe can't be reached, doesn't take our key, or says
    what nobody understands, this raises and the refund stays due: it may have been made, or may be yet. Only
    a refusal of the refund itself is noted on it, for staff.
    """
    due = Refund.objects.filter(pk=refund_id, status=RefundStatus.DUE)
    # From here on staff can't withdraw it.
    is_first = due.filter(tried_at=None).update(tried_at=timezone.now())
    refund = due.select_related("payment").first()
    if refund is None:
        return
    try:
        told = (None if is_first else _find(refund)) or open_refund(refund)
    except (StripeUnavailable, KeyRefused, NotAllowed, Unreadable) as error:
        metrics.REFUNDS_SENT.labels("unavailable").inc()
        logger.warning("not known to be sent: %s", error, extra=about(refund))
        raise
    except StripeRefused as refusal:
        metrics.REFUNDS_SENT.labels("refused").inc()
        _refuse(refund, refusal)
    else:
        metrics.REFUNDS_SENT.labels("accepted").inc()
        logger.info("sent", extra=about(refund))
        sync_refunds(refund.payment, [told], cause=Cause.REFUND)


def _find(refund: Refund) -> StripeRefund | None:
    """Return what an earlier try made at Stripe; as long as that can't be looked up, nothing is made anew."""
    try:
        return find_refund(refund)
    except StripeRefused as error:
        raise StripeUnavailable(str(error)) from error


@transaction.atomic
def _refuse(refund: Refund, refusal: StripeRefused) -> None:
    """Note that Stripe said no: the tickets are valid again, and staff see why."""
    payment = Payment.objects.filter(pk=refund.payment_id).lock()
    noted = Refund.objects.filter(pk=refund.pk, status=RefundStatus.DUE).update(
        status=RefundStatus.REFUSED, error_code=refusal.code or "refused", error_message=str(refusal)
    )
    if noted:
        logger.error("refused: %s", refusal, extra=about(refund))
        _stand_again(refund)
        recompute(payment, cause=Cause.REFUND)
        if refund.origin == Origin.CUSTOMER:
            notify(Notification(payment=payment, kind=NotificationKind.NOT_CANCELLED, refund=refund))
        # Whatever made Stripe refuse, such as a refund in its dashboard, is found by asking.
        Payment.objects.filter(pk=payment.pk).check_soon()


def _stand_again(refused: Refund) -> None:
    """Let the refund that ``refused`` was to replace be owed as before, if it had come to nothing."""
    if refused.replaces and refused.replaces.status in BROKEN:
        Refund.objects.filter(pk=refused.pk).update(replaces=None, waived_at=timezone.now())
