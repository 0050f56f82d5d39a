"""Asks Stripe about every payment that is due."""

import logging

from django.conf import settings
from django.utils import timezone

from bookings.models import Booking
from bookings.orders.visitors import note_activity
from payments.checkout.start import abandon
from payments.durations import ABANDONED_AFTER
from payments.gateway.errors import StripeUnavailable
from payments.ledger.verification import ask, compare_with_stripe
from payments.metrics import Reconciled
from payments.models import Cause, Payment, PaymentStatus
from payments.reconciliation.checks import check, due
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)


def abandon_unopened(run: Run) -> None:
    """Fail the payments of processes that died between the commit and Stripe's answer."""
    for payment in Payment.objects.unopened(before=timezone.now() - ABANDONED_AFTER).order_by("pk"):
        if run.is_dry:
            run.note_found("unopened", f"{payment.reference}: has no session, would fail")
            continue
        try:
            abandon(payment, cause=Cause.SWEEP, withdraw=True)
            run.note(Reconciled.GIVEN_UP)
        except Exception:  # One payment that can't be given up must not keep the seats of the others.
            logger.exception("could not be failed", extra={"payment": payment.reference})
            run.note(Reconciled.FAILED, f"{payment.reference}: could not be failed")


def close_idle(run: Run) -> None:
    """
    Close the sessions whose customers have left, and so free their seats before their time.

    Nobody can see a customer who reads Stripe's page. So what counts is whether they looked at a page here,
    and if not, whether Stripe knows of a try to pay: then they are left alone for as long again. On the first
    morning of a sale it takes minutes to ask about all, so who came back meanwhile is left alone too.
    """
    idle = Payment.objects.with_booking().idle(since=timezone.now() - settings.HOLD_IDLE)
    for pk in list(idle.order_by("pk").values_list("pk", flat=True)):
        run.pace()
        payment = idle.filter(pk=pk).first()
        if payment is None:
            continue
        if run.is_dry:
            run.note_found("idle", f"{payment.reference}: would be closed unless a payment was tried")
        else:
            check(run, payment, _close_idle, counts_as=Reconciled.ASKED)


def _close_idle(payment: Payment) -> Payment:
    payment = ask(payment, cause=Cause.RECONCILER, is_idle=True)
    if payment.status == PaymentStatus.PENDING:
        note_activity(Booking.objects.filter(pk=payment.booking_id))
    return payment


def check_payments(run: Run, *, everything: bool) -> None:
    """Ask Stripe about the payments that wait for it, the most overdue first."""
    for payment in due(run, Payment.objects.with_booking(), everything=everything):
        run.pace()
        if run.is_dry:
            _compare(run, payment)
        else:
            check(run, payment, _ask, counts_as=Reconciled.ASKED)


def _ask(payment: Payment) -> Payment:
    """Ask Stripe; log an error if it doesn't answer and seats stay held beyond their time."""
    try:
        return ask(payment, cause=Cause.RECONCILER)
    except StripeUnavailable:
        if payment.is_undecided and payment.booking.held_until <= timezone.now():
            about = {"payment": payment.reference}
            logger.error("seats stay on hold: can't reach Stripe", extra=about)
        raise


def _compare(run: Run, payment: Payment) -> None:
    """Print what a check would find and do."""
    try:
        state, judgement = compare_with_stripe(payment)
    except StripeUnavailable:
        run.note_unreachable(f"{payment.reference}: can't reach Stripe")
    except Exception as error:
        run.note(Reconciled.FAILED, f"{payment.reference}: {error!r}")
    else:
        run.failures_in_a_row = 0
        run.note_found(
            str(judgement.verdict),
            f"{payment.reference}: {payment.status} here, {state} at Stripe: {judgement.verdict}. "
            f"{judgement.next_step}",
        )
