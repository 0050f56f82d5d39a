"""Rules: a membership gives what Stripe and its plan say, and is checked at Stripe."""

from collections.abc import Iterator
from functools import partial

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from payments.durations import OVERDUE_AFTER
from payments.memberships.entitlements import judge_money
from payments.memberships.going_live import open_test_memberships
from payments.memberships.sync import check
from payments.models import Cause, PeriodMoney, Subscription, SubscriptionChange, SubscriptionStatus
from payments.models.subscription import GONE

from .batches import Batch
from .violations import Violation, rule_in_batches_of


@rule_in_batches_of(Subscription)
def membership_without_its_steps(batch: Batch) -> Iterator[Violation]:
    """The last recorded change of a membership led to its status."""
    changes = SubscriptionChange.objects.filter(subscription=OuterRef("pk")).order_by("-pk")
    rows = Subscription.objects.annotate(
        last=Subquery(changes.values("to_status")[:1]),
        last_until=Subquery(changes.values("entitled_until")[:1]),
    )
    as_told = Q(last=F("status")) | Q(last=None, status=SubscriptionStatus.PENDING)
    same_until = Q(last_until=F("entitled_until")) | Q(last_until=None, entitled_until=None)
    for row in batch.of(rows).exclude(as_told & same_until):
        words = f"is {row.status} until {row.entitled_until}, but its changes don't lead there"
        yield Violation("membership_without_its_steps", f"membership {row.reference}", words)


@rule_in_batches_of(Subscription)
def membership_nobody_will_check(batch: Batch) -> Iterator[Violation]:
    for row in batch.of(Subscription.objects.current()).filter(next_check_at=None):
        yield Violation(
            "membership_nobody_will_check",
            f"membership {row.reference}",
            f"is {row.status}, but no further check is due",
            Subscription.objects.filter(pk=row.pk, next_check_at=None).check_soon,
        )


@rule_in_batches_of(Subscription)
def membership_long_overdue(batch: Batch) -> Iterator[Violation]:
    """Its period or its session is over, but Stripe wasn't asked what came then."""
    late = timezone.now() - OVERDUE_AFTER
    unpaid = Q(status=SubscriptionStatus.PENDING, expires_at__lt=late)
    # While it is paused, no new period begins.
    running = ~Q(status=SubscriptionStatus.PAUSED)
    current = batch.of(Subscription.objects.of_this_mode().current())
    for row in current.filter(unpaid | Q(running, period_end__lt=late)):
        yield Violation(
            "membership_long_overdue",
            f"membership {row.reference}",
            f"is {row.status}, though it has ended and a check was due",
            partial(check, row, cause=Cause.FSCK),
        )


@rule_in_batches_of(Subscription)
def membership_that_gives_though_its_money_is_back(batch: Batch) -> Iterator[Violation]:
    """What has become of the money for the current period follows from its invoices, refunds and disputes."""
    for row in batch.of(Subscription.objects.current()).prefetch_related("invoices__reversals"):
        found = _money_of(row)
        if found != row.money and (found in GONE or row.money in GONE):
            yield Violation(
                "membership_that_gives_though_its_money_is_back",
                f"membership {row.reference}",
                f"payment is {found}, here {row.money}, with benefits until {row.entitled_until}",
                partial(check, row, cause=Cause.FSCK),
            )


def _money_of(row: Subscription) -> PeriodMoney:
    start = row.period_start
    current = [one for one in row.invoices.all() if start and one.covers_until and one.covers_until > start]
    paid = sum(one.amount_paid or 0 for one in current)
    reversals = [reversal for one in current for reversal in one.reversals.all()]
    return judge_money(paid, current[0].currency if current else "", reversals)


@rule_in_batches_of(Subscription)
def membership_of_another_plan(batch: Batch) -> Iterator[Violation]:
    """Stripe charges another price than the plan's; staff have to say which plan that is."""
    other = ~Q(price_id=F("plan__price_id"))
    current = batch.of(Subscription.objects.current())
    for row in current.filter(other).exclude(price_id="").select_related("plan"):
        words = f"pays {row.price_id}, but its plan {row.plan} has {row.plan.price_id}"
        yield Violation("membership_of_another_plan", f"membership {row.reference}", words)


@rule_in_batches_of(Subscription)
def test_membership_that_counts(batch: Batch) -> Iterator[Violation]:
    """Once the key is live, what was subscribed to with a test key must not give anything."""
    for row in batch.of(open_test_memberships()):
        words = f"was subscribed to in test mode, but is {row.status}: run end_test_mode"
        yield Violation("test_membership_that_counts", f"membership {row.reference}", words)
