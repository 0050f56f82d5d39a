"""Ask Stripe about every membership that is due."""

import logging

from django.db.models import F, Q
from django.utils import timezone

from payments.durations import ABANDONED_AFTER
from payments.gateway.errors import StripeUnavailable
from payments.memberships.checkout import withdraw
from payments.memberships.schedule import next_check
from payments.memberships.sync import check, claim, keep_error
from payments.models import Cause, Subscription, SubscriptionStatus
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)

CALLS = 2  # of one check, at most but for the rare overlap


def check_memberships(run: Run, *, everything: bool) -> None:
    """Ask Stripe about the memberships that wait for it, the most overdue first."""
    wanted = Q() if everything else Q(next_check_at__lte=timezone.now())
    due = Subscription.objects.to_check().filter(wanted).order_by("next_check_at", "pk")
    for pk in list(due.values_list("pk", flat=True)):
        subscription = Subscription.objects.select_related("plan").get(pk=pk)
        if run.is_dry:
            run.note("membership due", f"{subscription.reference}: would be asked about")
        elif _claim(subscription):
            _check(run, subscription)


def _claim(subscription: Subscription) -> bool:
    """Take this one's turn, and plan the next: even if this process dies, there will be one."""
    again_at = next_check(subscription, checks=subscription.checks + 1)
    turn = Subscription.objects.filter(pk=subscription.pk, next_check_at=subscription.next_check_at)
    return bool(turn.update(checks=F("checks") + 1, next_check_at=again_at)) and claim(subscription)


def _check(run: Run, subscription: Subscription) -> None:
    before = subscription.status
    for _call in range(CALLS):
        run.pace()
    try:
        if _is_left_behind(subscription):
            withdraw(subscription)
        subscription = check(subscription, cause=Cause.RECONCILER)
    except StripeUnavailable as error:
        keep_error(subscription, error)
        run.note_away(f"{subscription.reference}: Stripe can't be reached, nothing is changed")
    except Exception as error:  # One that can't be checked must not keep the others from it.
        logger.exception("could not be checked", extra={"payment": subscription.reference})
        keep_error(subscription, error)
        run.note("failed", f"{subscription.reference}: {error!r}")
    else:
        run.failures_in_a_row = 0
        run.note("membership asked")
        if subscription.status != before:
            change = f"membership {before} → {subscription.status}"
            run.note(change, subscription.reference, outcome="settled")


def _is_left_behind(subscription: Subscription) -> bool:
    """Whether its process died between the commit and Stripe's answer, or its session should have ended."""
    now = timezone.now()
    is_unopened = subscription.session_id is None and subscription.created_at < now - ABANDONED_AFTER
    is_overdue = subscription.expires_at < now
    return subscription.status == SubscriptionStatus.PENDING and (is_unopened or is_overdue)
