"""Asks Stripe about every membership that is due."""

import logging

from django.utils import timezone

from payments.durations import ABANDONED_AFTER
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.memberships.checkout import withdraw
from payments.memberships.strays import note_stray
from payments.memberships.sync import sync
from payments.metrics import Reconciled
from payments.models import Cause, StraySubscription, Subscription, SubscriptionStatus
from payments.reconciliation.checks import check, due
from payments.reconciliation.run import Run
from payments.schedule import DAILY

logger = logging.getLogger(__name__)

CALLS = 4  # of one check: its invoices, their charges, itself and the next invoice; a dispute takes one more


def check_memberships(run: Run, *, everything: bool) -> None:
    """Ask Stripe about the memberships that wait for it, the most overdue first."""
    for subscription in due(run, Subscription.objects.select_related("plan"), everything=everything):
        if run.is_dry:
            run.note_found("membership_due", f"{subscription.reference}: would be checked")
            continue
        for _call in range(CALLS):
            run.pace()
        check(run, subscription, _ask, counts_as=Reconciled.MEMBERSHIP_ASKED)
    _check_strays(run)


def _check_strays(run: Run) -> None:
    """Ask Stripe once a day about what was made in its dashboard, as staff may have ended it there."""
    old = StraySubscription.objects.open().filter(checked_at__lt=timezone.now() - DAILY)
    for stray in old.select_related("owner"):
        if run.is_dry:
            run.note_found("stray_due", f"{stray}: would be checked")
            continue
        run.pace()
        try:
            note_stray(stray.owner, stray.subscription_id)
        except StripeUnavailable:
            run.note_unreachable(f"{stray}: can't reach Stripe, unchanged")
        except Exception as error:
            if not isinstance(error, StripeRefused):
                logger.exception("%s could not be checked", stray)
            # Tomorrow again; meanwhile it mustn't be asked about in each run.
            StraySubscription.objects.filter(pk=stray.pk).update(checked_at=timezone.now())
            run.note(Reconciled.FAILED, f"{stray}: {error!r}")


def _ask(subscription: Subscription) -> Subscription:
    if _is_left_behind(subscription):
        withdraw(subscription)
    return sync(subscription, cause=Cause.RECONCILER)


def _is_left_behind(subscription: Subscription) -> bool:
    """Whether its process died before Stripe answered, or its session should have ended."""
    now = timezone.now()
    is_unopened = subscription.session_id is None and subscription.created_at < now - ABANDONED_AFTER
    is_overdue = subscription.expires_at < now
    is_waiting = subscription.status == SubscriptionStatus.PENDING and subscription.subscription_id is None
    return is_waiting and (is_unopened or is_overdue)
