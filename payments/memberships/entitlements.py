"""Until when a subscription gives its plan's benefits: two tables, by its status and by its money."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from payments.durations import PAST_DUE_GRACE, RENEWAL_MARGIN
from payments.gateway.billing.subscription_objects import StripeSubscription
from payments.models import PeriodMoney as Money
from payments.models import SubscriptionStatus as Status

Until = Callable[[StripeSubscription], datetime | None]


def _nothing(subscription: StripeSubscription) -> None:
    return None


def _paid_period(subscription: StripeSubscription) -> datetime | None:
    return subscription.period_end + RENEWAL_MARGIN if subscription.period_end else None


def _grace(subscription: StripeSubscription) -> datetime | None:
    since = subscription.overdue_since or subscription.period_start
    return since + PAST_DUE_GRACE if since else None


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


# Whether the benefits stay, by what has become of the money for the current period. What went back of an
# earlier one changes nothing now.
KEEPS: dict[Money, bool] = {
    Money.KEPT: True,
    Money.PARTLY_BACK: True,
    Money.REFUNDED: False,
    Money.DISPUTED: False,
    Money.CHARGED_BACK: False,
}


class Reversal(Protocol):
    """A refund or a dispute, from Stripe or from a row here."""

    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def is_returned(self) -> bool: ...
    @property
    def is_disputed(self) -> bool: ...


def entitled_until(subscription: StripeSubscription) -> datetime | None:
    """
    Return until when ``subscription`` gives its plan's benefits, or None if it gives none.

    It is never later than the end of the subscription. While Stripe collects no payments for it, or if the
    money for the current period is back, it gives nothing.
    """
    if subscription.status is None or subscription.collection_paused or not KEEPS[money_of(subscription)]:
        return None
    until = GIVES[subscription.status](subscription)
    return min(until, subscription.ends_at) if until and subscription.ends_at else until


def money_of(subscription: StripeSubscription) -> Money:
    """Return what has become of the money for the current period."""
    start = subscription.period_start
    current = [one for one in subscription.invoices if start and one.covers_until > start]
    paid, currency = sum(one.amount_paid for one in current), current[0].currency if current else ""
    return judge_money(paid, currency, [reversal for one in current for reversal in one.reversals])


def judge_money(paid: int, currency: str, reversals: Iterable[Reversal]) -> Money:
    """
    Return what has become of ``paid``, in the minor unit of ``currency``, after these ``reversals``.

    An open dispute counts as much as it is about: what the rest has paid for stays. One in another currency
    is about everything.
    """
    returned = disputed = lost = 0
    for one in reversals:
        amount = one.amount if one.currency == currency else paid
        returned += amount if one.is_returned else 0
        disputed += amount if one.is_disputed else 0
        lost += amount if one.is_returned and one.kind == "dispute" else 0
    if paid <= 0 or not (returned or disputed):
        return Money.KEPT
    if returned >= paid:
        return Money.CHARGED_BACK if lost else Money.REFUNDED
    return Money.DISPUTED if returned + disputed >= paid else Money.PARTLY_BACK
