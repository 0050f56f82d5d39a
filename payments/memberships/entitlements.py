"""Until when a subscription gives its plan's benefits: one table, by what Stripe says of it."""

from collections.abc import Callable
from datetime import datetime

from payments.durations import PAST_DUE_GRACE, RENEWAL_MARGIN
from payments.gateway.subscription_objects import StripeSubscription
from payments.models import SubscriptionStatus as Status

Until = Callable[[StripeSubscription], datetime | None]


def _nothing(subscription: StripeSubscription) -> None:
    return None


def _paid_period(subscription: StripeSubscription) -> datetime | None:
    return subscription.period_end + RENEWAL_MARGIN


def _grace(subscription: StripeSubscription) -> datetime | None:
    return (subscription.overdue_since or subscription.period_start) + PAST_DUE_GRACE


# A new status of Stripe's needs a line here, and one in docs/memberships.md.
GIVES: dict[Status, Until] = {
    Status.PENDING: _nothing,
    Status.EXPIRED: _nothing,
    Status.INCOMPLETE: _nothing,
    Status.INCOMPLETE_EXPIRED: _nothing,
    Status.TRIALING: _paid_period,
    Status.ACTIVE: _paid_period,
    Status.PAST_DUE: _grace,
    Status.UNPAID: _nothing,
    Status.PAUSED: _nothing,
    Status.CANCELED: _nothing,
}


def entitled_until(subscription: StripeSubscription) -> datetime | None:
    """
    Return until when ``subscription`` gives its plan's benefits, or None if it gives none.

    It is never later than the end of the subscription. While Stripe collects no payments for it, it gives
    nothing.
    """
    if subscription.collection_paused:
        return None
    until = GIVES[subscription.status](subscription)
    return min(until, subscription.ends_at) if until and subscription.ends_at else until
