"""Asks Stripe about every membership that is due."""

from django.utils import timezone

from payments.durations import ABANDONED_AFTER
from payments.memberships.checkout import withdraw
from payments.memberships.sync import sync
from payments.metrics import Reconciled
from payments.models import Cause, Subscription, SubscriptionStatus
from payments.reconciliation.checks import check, due
from payments.reconciliation.run import Run

CALLS = 2  # of one check, at the most


def check_memberships(run: Run, *, everything: bool) -> None:
    """Ask Stripe about the memberships that wait for it, the most overdue first."""
    for subscription in due(run, Subscription.objects.select_related("plan"), everything=everything):
        if run.is_dry:
            run.note_found("membership_due", f"{subscription.reference}: would be asked about")
            continue
        for _call in range(CALLS):
            run.pace()
        check(run, subscription, _ask, counts_as=Reconciled.MEMBERSHIP_ASKED)


def _ask(subscription: Subscription) -> Subscription:
    if _is_left_behind(subscription):
        withdraw(subscription)
    return sync(subscription, cause=Cause.RECONCILER)


def _is_left_behind(subscription: Subscription) -> bool:
    """Whether its process died before Stripe answered, or its session should have ended."""
    now = timezone.now()
    is_unopened = subscription.session_id is None and subscription.created_at < now - ABANDONED_AFTER
    is_overdue = subscription.expires_at < now
    return subscription.status == SubscriptionStatus.PENDING and (is_unopened or is_overdue)
