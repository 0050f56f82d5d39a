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
# After a question that got no answer; then ever more rarely, up to the time above.
AT_FIRST = timedelta(minutes=5)
GROWTH = 4
# One that is over here and paid at Stripe begins once its customer has no other; or staff have ended it.
SECOND_ONE = timedelta(hours=1)
# Stripe renews within seconds, by its own clock.
AFTER_THE_END = timedelta(minutes=1)


def next_check(subscription: Subscription, *, checks: int) -> datetime | None:
    """Return when to ask next, having asked ``checks`` times in vain; None for what is over at Stripe too."""
    now = timezone.now()
    if subscription.is_over:
        return now + SECOND_ONE if subscription.check_error else None
    if subscription.status == SubscriptionStatus.PENDING:
        return next_check_of_payment("pending", checks=checks, ends_at=subscription.expires_at, now=now)
    ends = [at + AFTER_THE_END for at in (subscription.period_end, subscription.ends_at) if at and at > now]
    return min([now + _interval(subscription, checks), *ends])


def _interval(subscription: Subscription, checks: int) -> timedelta:
    longest = EVERY.get(SubscriptionStatus(subscription.status), ORDINARILY)
    return min(AT_FIRST * GROWTH ** min(checks - 1, 10), longest) if checks else longest
