"""When Stripe is asked again about a subscription, whether or not an event came."""

from datetime import datetime, timedelta

from django.utils import timezone

from payments.models import Subscription, SubscriptionStatus
from payments.schedule import next_check as next_check_of_payment

# By status; at the ends of periods it is asked besides.
EVERY = {
    SubscriptionStatus.INCOMPLETE: timedelta(hours=1),
    SubscriptionStatus.PAST_DUE: timedelta(hours=6),
}
ORDINARILY = timedelta(days=1)
# Stripe renews within seconds, by its own clock.
AFTER_THE_END = timedelta(minutes=1)


def next_check(subscription: Subscription, *, checks: int) -> datetime | None:
    """Return when to ask next, having asked ``checks`` times in vain; None for what is over."""
    now = timezone.now()
    if subscription.is_over:
        return None
    if subscription.status == SubscriptionStatus.PENDING:
        return next_check_of_payment("pending", checks=checks, ends_at=subscription.expires_at, now=now)
    ends = [at + AFTER_THE_END for at in (subscription.period_end, subscription.ends_at) if at and at > now]
    return min([now + EVERY.get(SubscriptionStatus(subscription.status), ORDINARILY), *ends])
