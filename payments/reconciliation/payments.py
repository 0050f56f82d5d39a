"""
Asking Stripe about every payment that waits for it, and reading the events that never arrived.

Each payment and each event is a piece of work of its own: whatever goes wrong with one is noted, and the next
is done all the same. Several processes may do this at once.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from payments import metrics
from payments.checkout.start import abandon
from payments.gateway.errors import StripeUnavailable
from payments.ledger.verification import ask, claim, look
from payments.models import Cause, Payment
from payments.reconciliation import backfill
from payments.reconciliation.memberships import check_memberships

logger = logging.getLogger(__name__)

# Half of what Stripe allows a sandbox account in all, so that customers always get through.
CALLS_PER_SECOND = 12
# Longer than any process may wait for Stripe, with all its tries.
ABANDONED_AFTER = timedelta(minutes=2)
# Each failure takes as long as Stripe is given to answer: after so many in a row it is away.
AWAY_AFTER = 3


class StripeIsAway(Exception):
    """Stripe didn't answer several times in a row; what is left stays due."""


@dataclass
class Run:
    """One run: how fast it may ask, whether it may change anything, and what it has done so far."""

    rate: float = CALLS_PER_SECOND
    is_dry: bool = False
    say: Callable[[str], None] = lambda line: None
    counts: Counter[str] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    _next_call: float = 0

    def pace(self) -> None:
        """Wait until Stripe may be called again."""
        now = time.monotonic()
        time.sleep(max(0, self._next_call - now))
        self._next_call = max(now, self._next_call) + 1 / self.rate

    def note(self, what: str, words: str = "") -> None:
        self.counts[what] += 1
        if not self.is_dry:
            metrics.note_reconciled(what)
        if words:
            self.say(words)

    def note_away(self, words: str) -> None:
        """Count a call that Stripe didn't answer; raise ``StripeIsAway`` after several in a row."""
        self.note("unreachable", words)
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= AWAY_AFTER:
            raise StripeIsAway


def reconcile(run: Run, *, everything: bool = False) -> Run:
    """
    Bring the database to what Stripe says, and return ``run`` with its counts.

    Payments are asked about when they are due, or all that wait for Stripe with ``everything``. A dry run
    asks the same and writes nothing.
    """
    try:
        give_up_unopened(run)
        check_payments(run, everything=everything)
        check_memberships(run, everything=everything)
        backfill.retry_failed(run)
        backfill.read_missed(run)
    except StripeIsAway:
        run.note("stopped", "Stripe can't be reached; the rest is left for later.")
    return run


def give_up_unopened(run: Run) -> None:
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
            run.note(f"{before} → {payment.status}", f"{payment.reference}: {before} → {payment.status}")


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
