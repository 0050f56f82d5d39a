"""Ask Stripe about every payment that is due."""

import logging

from django.db.models import F, Q
from django.utils import timezone

from payments.checkout.start import abandon
from payments.durations import ABANDONED_AFTER
from payments.gateway.errors import StripeUnavailable
from payments.ledger.verification import ask, claim, look
from payments.models import Cause, Payment
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)


def abandon_unopened(run: Run) -> None:
    """Give up the payments of processes that died between the commit and Stripe's answer."""
    for payment in Payment.objects.unopened(before=timezone.now() - ABANDONED_AFTER).order_by("pk"):
        if run.is_dry:
            run.note("unopened", f"{payment.reference}: has no session, would be given up")
            continue
        try:
            abandon(payment, cause=Cause.SWEEP, withdraw=True)
            run.note("given up")
        except Exception:  # One payment that can't be given up must not keep the seats of the others.
            logger.exception("could not be given up", extra={"payment": payment.reference})
            run.note("failed", f"{payment.reference}: could not be given up")


def check_payments(run: Run, *, everything: bool) -> None:
    """Ask Stripe about the payments that wait for it, the most overdue first."""
    wanted = Q() if everything else Q(next_check_at__lte=timezone.now())
    waiting = Payment.objects.waiting().filter(wanted).order_by("next_check_at", "pk")
    ids = list(waiting.values_list("pk", flat=True))
    for number, pk in enumerate(ids, 1):
        payment = Payment.objects.with_booking().get(pk=pk)
        if run.is_dry:
            _look(run, payment)
        elif _claim(payment):
            _check(run, payment)
        if number % 100 == 0:
            run.say(f"{number} of {len(ids)} payments")


def _claim(payment: Payment) -> bool:
    """Take this payment's turn, and plan the next one: even if this process dies, there will be one."""
    planned_for = payment.next_check_at
    payment.plan_check(checks=payment.checks + 1)
    turn = Payment.objects.filter(pk=payment.pk, next_check_at=planned_for)
    took = turn.update(checks=F("checks") + 1, next_check_at=payment.next_check_at)
    return bool(took) and claim(payment)


def _check(run: Run, payment: Payment) -> None:
    before = payment.status
    run.pace()
    try:
        payment = ask(payment, cause=Cause.RECONCILER)
    except StripeUnavailable as error:
        _keep(payment, error)
        run.note_away(f"{payment.reference}: Stripe can't be reached, nothing is changed")
    except Exception as error:  # A payment that can't be checked must not keep the others from it.
        logger.exception("could not be checked", extra={"payment": payment.reference})
        Payment.objects.filter(pk=payment.pk).update(check_error=repr(error))
        run.note("failed", f"{payment.reference}: {error!r}")
    else:
        run.failures_in_a_row = 0
        run.note("asked")
        if payment.status != before:
            change = f"{before} → {payment.status}"
            run.note(change, f"{payment.reference}: {change}", outcome="settled")


def _keep(payment: Payment, error: StripeUnavailable) -> None:
    """Leave a payment as it is; where that keeps seats from everybody else, raise the alarm."""
    Payment.objects.filter(pk=payment.pk).update(check_error=str(error))
    if payment.is_undecided and payment.booking.held_until <= timezone.now():
        about = {"payment": payment.reference}
        logger.error("its seats stay held, because Stripe can't be reached", extra=about)


def _look(run: Run, payment: Payment) -> None:
    run.pace()
    try:
        state, (verdict, remedy) = look(payment)
    except StripeUnavailable:
        run.note_away(f"{payment.reference}: Stripe can't be reached")
    except Exception as error:
        run.note("failed", f"{payment.reference}: {error!r}")
    else:
        run.failures_in_a_row = 0
        run.note(
            str(verdict),
            f"{payment.reference}: {payment.status} here, {state} at Stripe: {verdict}. {remedy.label}",
        )
