"""Brings a subscription's row up to date with Stripe, whoever asks and in whatever order."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from payments.gateway.billing import subscriptions
from payments.gateway.billing.subscription_objects import StripeSubscription
from payments.gateway.errors import (
    OtherMode,
    StripeRefused,
    StripeUnavailable,
    UnknownToStripe,
    problem_from,
)
from payments.memberships.emails import notify_of_change, notify_of_money
from payments.memberships.entitlements import entitled_until, money_of
from payments.memberships.plan_items import find_plan_item
from payments.memberships.reversals import disputed_intents, save_invoices, unreadable, with_known_statuses
from payments.memberships.stripe_customers import note_older_address
from payments.models import (
    Cause,
    CheckProblem,
    PeriodMoney,
    Plan,
    Source,
    Subscription,
    SubscriptionStatus,
    membership_topic,
)
from payments.models.subscription import OVER
from waiting.publishing import publish

logger = logging.getLogger(__name__)

TRIES = 10
# What ``GET /api/subscription-status`` calls who asked.
SOURCES = {
    Cause.WEBHOOK: Source.WEBHOOK,
    Cause.VERIFICATION: Source.VERIFICATION,
    Cause.STAFF: Source.VERIFICATION,
    Cause.RECONCILER: Source.RECONCILER,
    Cause.FSCK: Source.RECONCILER,
}
# A declined card leaves an incomplete subscription behind, which comes to nothing while the session goes on.
NOT_BEGUN = [
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.INCOMPLETE_EXPIRED,
    SubscriptionStatus.CANCELED,
]


class ChargedTwice(Exception):
    """Stripe has a second subscription for one row; the message tells staff what to do."""


@dataclass(frozen=True)
class Snapshot:
    """What fetch ``number`` of a subscription returned: its state at some moment after ``asked_at``."""

    subscription: StripeSubscription
    number: int
    asked_at: datetime
    cause: Cause


def sync(subscription: Subscription, *, cause: Cause, disputed: Collection[str] = ()) -> Subscription:
    """
    Fetch ``subscription`` from Stripe, save its state, and return its row.

    ``disputed`` are payment intents that an event says are disputed.

    Events only say that something changed, so their order doesn't matter. Two fetches at once may arrive in
    another order than Stripe answered them in. So the row counts its fetches: one that overlapped with the
    fetch that is saved is repeated, and one that began earlier is dropped. Clocks play no part in that. No
    lock is held while Stripe is asked.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    if subscription.is_of_other_mode:
        raise OtherMode
    if not subscription.subscription_id:
        subscription = _follow_session(subscription, cause=cause)
    if not subscription.subscription_id:
        return subscription
    for _try in range(TRIES):
        number, asked_at = _count_fetch(subscription), timezone.now()
        wondering = {*disputed, *disputed_intents(subscription)}
        fetched = subscriptions.fetch_subscription(subscription.subscription_id, disputed=wondering)
        if _apply(subscription, Snapshot(fetched, number, asked_at, cause)):
            return _refreshed(subscription)
    raise StripeUnavailable("Others kept asking about it at the same moment.")


@transaction.atomic
def _count_fetch(subscription: Subscription) -> int:
    """Count a fetch before Stripe is asked, and return its number."""
    own = Subscription.objects.filter(pk=subscription.pk)
    own.update(fetches=F("fetches") + 1)
    return own.values_list("fetches", flat=True).get()


def _follow_session(subscription: Subscription, *, cause: Cause) -> Subscription:
    """Fetch the session of a row without a subscription, save what came of it, and return the row."""
    if not subscription.session_id:
        return subscription
    try:
        session = subscriptions.fetch_membership_session(subscription.session_id)
    except UnknownToStripe:
        if subscription.expires_at > timezone.now():
            raise
        expire(subscription, cause=cause)
        return _refreshed(subscription)
    checked = Subscription.objects.filter(pk=subscription.pk).exclude(check_problem="")
    checked.update(check_problem="", check_error="")
    if session.subscription_id:
        _save_id(subscription, session.subscription_id)
    elif session.status == "expired":
        expire(subscription, cause=cause)
    return _refreshed(subscription)


def _refreshed(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_related("plan").get(pk=subscription.pk)


def link_subscription(subscription: Subscription, subscription_id: str, *, cause: Cause) -> None:
    """
    Give the row a subscription that has its reference at Stripe, though its session wasn't completed.

    That happens if a card was declined in the session and the invoice is then paid in another way. One that
    hasn't begun is ignored. Raise ``ChargedTwice`` if the row has another subscription.
    """
    if subscriptions.retrieve_subscription(subscription_id).status in NOT_BEGUN:
        return
    _save_id(subscription, subscription_id)
    if subscription.subscription_id != subscription_id:
        raise ChargedTwice(f"Stripe charges {subscription_id} as well. End it there, and pay it back.")
    sync(subscription, cause=cause)


def _save_id(subscription: Subscription, subscription_id: str) -> None:
    """Save the id of the row's subscription at Stripe, unless it has one; its status is left to ``sync``."""
    rows = Subscription.objects.filter(pk=subscription.pk, subscription_id=None)
    rows.update(subscription_id=subscription_id)
    subscription.refresh_from_db(fields=["subscription_id"])


@transaction.atomic
def expire(subscription: Subscription, *, cause: Cause) -> bool:
    """End a pending row whose session nobody can complete any more; return whether it was pending."""
    row = lock(subscription)
    if row.status != SubscriptionStatus.PENDING or row.subscription_id:
        return False
    before = row.status
    row.status, row.next_check_at = SubscriptionStatus.EXPIRED, None
    row.set_check_problem(None)
    row.save(update_fields=["status", "next_check_at", "check_problem", "check_error"])
    record_change(row, before=SubscriptionStatus(before), plan=row.plan, cause=cause)
    return True


@transaction.atomic
def cancel_missing(subscription: Subscription, *, cause: Cause) -> bool:
    """
    End a row whose subscription Stripe doesn't know; return False if it is over or has another one by now.

    The caller has asked Stripe. If Stripe knows it after all, because our key was wrong, its next event
    brings the row back.
    """
    row = lock(subscription)
    if row.is_over or row.subscription_id != subscription.subscription_id:
        return False
    before = SubscriptionStatus(row.status)
    row.status, row.entitled_until, row.ends_at = SubscriptionStatus.CANCELED, None, timezone.now()
    row.next_check_at = None
    row.set_check_problem(None)
    row.source = ""  # Stripe hasn't said that it is over.
    ended = ["status", "entitled_until", "ends_at", "source"]
    row.save(update_fields=[*ended, "next_check_at", "check_problem", "check_error"])
    record_change(row, before=before, plan=row.plan, cause=cause)
    notify_of_change(row, before=before)
    return True


@transaction.atomic
def _apply(subscription: Subscription, snapshot: Snapshot) -> bool:
    """Save ``snapshot``; return False if what is saved may be newer, so that Stripe must be asked again."""
    row = lock(subscription)
    if snapshot.number <= row.snapshot_number:
        return True  # What is saved was fetched later.
    if snapshot.number <= row.fetches_at_snapshot:
        return False  # It had begun when the saved one arrived: Stripe may have answered either first.
    is_over = snapshot.subscription.status in (None, *OVER)
    if row.is_over and not is_over and _has_another(row):
        _flag_second_membership(row)
        return True
    before, plan, until, money = SubscriptionStatus(row.status), row.plan, row.entitled_until, row.money
    _save_snapshot(row, snapshot)
    if (before, plan, until) != (row.status, row.plan, row.entitled_until):
        record_change(row, before=before, plan=plan, cause=snapshot.cause)
    notify_of_change(row, before=before)
    notify_of_money(row, before=PeriodMoney(money))
    publish(membership_topic(row.customer_id))
    return True


@transaction.atomic
def begin(row: Subscription, fetched: StripeSubscription, *, cause: Cause) -> None:
    """Save a new row that has a subscription from its beginning, with its state as just ``fetched``."""
    row.fetches = 1
    row.plan_check(checks=0)
    row.save()
    _apply(row, Snapshot(fetched, row.fetches, timezone.now(), cause))
    row.refresh_from_db()


def _has_another(row: Subscription) -> bool:
    return Subscription.objects.current().filter(customer=row.customer_id).exclude(pk=row.pk).exists()


def _flag_second_membership(row: Subscription) -> None:
    """Alert staff that Stripe charges for a second membership of one customer, who can only have one."""
    words = "Its customer has another membership. End this one at Stripe, and pay it back."
    row.set_check_problem(CheckProblem.SECOND_MEMBERSHIP, words)
    row.plan_check(checks=0)
    row.save(update_fields=["check_problem", "check_error", "next_check_at"])
    logger.error("a second membership of one customer", extra={"payment": row.reference})


def _save_snapshot(row: Subscription, snapshot: Snapshot) -> None:
    """Save what Stripe said; a status that isn't known here leaves the last one, and what it gives."""
    found = find_plan_item(with_known_statuses(snapshot.subscription), row=row)
    theirs, strange = found.subscription, unreadable(snapshot.subscription)
    note_older_address(row, theirs.customer_id)
    row.status = theirs.status or row.status
    row.plan = found.plan or row.plan
    row.email = row.customer.email or row.email
    row.price_id = theirs.price_id
    row.stripe_customer_id = theirs.customer_id
    row.period_start = theirs.period_start or row.period_start
    row.period_end = theirs.period_end or row.period_end
    row.cancel_at_period_end, row.ends_at = theirs.cancel_at_period_end, theirs.ends_at
    row.collection_paused = theirs.collection_paused
    row.money = money_of(theirs)
    if theirs.status:
        row.entitled_until = entitled_until(theirs) if found.plan else None
    elif row.has_lost_its_money or not found.plan:
        row.entitled_until = None
    _save_next_charge(row, theirs)
    row.source = SOURCES[snapshot.cause]
    row.snapshot_number, row.fetches_at_snapshot = snapshot.number, row.fetches
    row.snapshot_asked_at, row.checked_at = snapshot.asked_at, timezone.now()
    if strange:
        row.set_check_problem(CheckProblem.UNREADABLE, strange)
        logger.error("%s", strange, extra={"payment": row.reference})
    elif row.is_over:
        row.set_check_problem(None)
    else:
        row.set_check_problem(found.problem, found.words)
    row.plan_check(checks=0)
    row.save()
    save_invoices(row, theirs, asked_at=snapshot.asked_at)


def _save_next_charge(row: Subscription, theirs: StripeSubscription) -> None:
    coming = theirs.next_charge
    row.next_charge_amount = coming.amount if coming else None
    row.next_charge_currency = coming.currency if coming else ""
    row.next_charge_at = coming.at if coming else None


def record_change(row: Subscription, *, before: SubscriptionStatus, plan: Plan, cause: Cause) -> None:
    """Record that a row has changed from this status and plan, for its timeline and the pages that wait."""
    step = row.changes.create(
        from_status=before,
        to_status=row.status,
        from_plan=plan,
        to_plan=row.plan,
        entitled_until=row.entitled_until,
        cause=cause,
    )
    publish(membership_topic(row.customer_id))
    about = {"payment": row.reference}
    transaction.on_commit(lambda: logger.info("membership %s, by %s", step, cause, extra=about), robust=True)


def lock(subscription: Subscription) -> Subscription:
    """Lock the row of ``subscription``, and return it with its plan and its customer."""
    rows = Subscription.objects.select_related("plan", "customer")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=subscription.pk)


def verify(subscription: Subscription) -> None:
    """
    Sync ``subscription`` because its customer wants to know, at most once in 10 seconds.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    if subscription.claim():
        sync(subscription, cause=Cause.VERIFICATION)


def check(subscription: Subscription, *, cause: Cause) -> Subscription:
    """Do what ``sync`` does; if it raises, save why for staff."""
    try:
        return sync(subscription, cause=cause)
    except (StripeUnavailable, StripeRefused) as error:
        subscription.keep_check_problem(*problem_from(error))
        raise
