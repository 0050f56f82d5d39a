"""What a subscription gives, and until when: the one table, of Stripe's word alone."""

from collections.abc import Callable
from datetime import datetime

from payments.durations import PAST_DUE_GRACE, RENEWAL_MARGIN
from payments.gateway.subscription_objects import StripeSubscription
from payments.models import SubscriptionStatus as Status

Until = Callable[[StripeSubscription], datetime | None]


def _nothing(told: StripeSubscription) -> None:
    return None


def _paid_period(told: StripeSubscription) -> datetime | None:
    return told.period_end + RENEWAL_MARGIN


def _grace(told: StripeSubscription) -> datetime | None:
    return (told.overdue_since or told.period_start) + PAST_DUE_GRACE


# Whoever adds a status of Stripe's adds a line here, and one in docs/memberships.md.
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


def entitled_until(told: StripeSubscription) -> datetime | None:
    """
    Return until when ``told`` gives its plan's benefits, or None if it gives none.

    Never beyond the moment at which it is to end. While nothing is collected for it, it gives nothing.
    """
    if told.collection_paused:
        return None
    until = GIVES[told.status](told)
    return min(until, told.ends_at) if until and told.ends_at else until
