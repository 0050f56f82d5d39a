"""Bringing a subscription's row to what Stripe says of it, whoever asks and in whatever order."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from payments.gateway import subscriptions
from payments.gateway.errors import StripeRefused, StripeUnavailable, UnknownToStripe, explain_failure
from payments.gateway.subscription_objects import StripeSubscription
from payments.memberships.emails import notify_of_change
from payments.memberships.entitlements import entitled_until
from payments.models import (
    Cause,
    MembershipInvoice,
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
# Who asked, in the words of ``GET /api/subscription-status``.
SOURCES = {
    Cause.WEBHOOK: Source.WEBHOOK,
    Cause.VERIFICATION: Source.VERIFICATION,
    Cause.STAFF: Source.VERIFICATION,
    Cause.RECONCILER: Source.RECONCILER,
    Cause.FSCK: Source.RECONCILER,
}


LEFT_BEHIND = [
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.INCOMPLETE_EXPIRED,
    SubscriptionStatus.CANCELED,
]


class ChargedTwice(Exception):
    """Stripe has a second subscription for one row; the message says to staff what to do."""


@dataclass(frozen=True)
class Snapshot:
    """What Stripe said to question ``number``, asked at ``began_at``: a state of some moment after that."""

    told: StripeSubscription
    number: int
    began_at: datetime
    cause: Cause


def sync(subscription: Subscription, *, cause: Cause) -> Subscription:
    """
    Ask Stripe about ``subscription`` and bring its row to what it says; return the row.

    Events say only that something changed, so their order doesn't matter. Two who ask at once may be answered
    in another order than their answers arrive in: one whose asking overlapped with what is held asks again,
    unless what is held was asked for later. The row counts its questions, so no clock has a say in which came
    first. No lock is held while Stripe is asked.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    if not subscription.subscription_id:
        subscription = follow_session(subscription, cause=cause)
    if not subscription.subscription_id:
        return subscription
    for _try in range(TRIES):
        number, began_at = _begin_question(subscription), timezone.now()
        told = subscriptions.fetch_subscription(subscription.subscription_id)
        if _apply(subscription, Snapshot(told, number, began_at, cause)):
            return _refreshed(subscription)
    raise StripeUnavailable("Others kept asking about it at the same moment.")


@transaction.atomic
def _begin_question(subscription: Subscription) -> int:
    """Count a question to Stripe before it is asked, and return its number."""
    own = Subscription.objects.filter(pk=subscription.pk)
    own.update(questions=F("questions") + 1)
    return own.values_list("questions", flat=True).get()


def follow_session(subscription: Subscription, *, cause: Cause) -> Subscription:
    """Ask Stripe what came of the session of a row that has no subscription yet, and return the row."""
    if not subscription.session_id:
        return subscription
    try:
        session = subscriptions.fetch_membership_session(subscription.session_id)
    except UnknownToStripe:
        if subscription.expires_at > timezone.now():
            raise
        give_up(subscription, cause=cause)  # Whatever it was, its time is over.
        return _refreshed(subscription)
    Subscription.objects.filter(pk=subscription.pk).exclude(check_error="").update(check_error="")
    if session.subscription_id:
        note_subscription(subscription, session.subscription_id)
    elif session.status == "expired":
        give_up(subscription, cause=cause)
    return _refreshed(subscription)


def _refreshed(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_related("plan").get(pk=subscription.pk)


def adopt(subscription: Subscription, subscription_id: str, *, cause: Cause) -> None:
    """
    Take a subscription at Stripe that names this row for its own, though its session was never completed.

    A declined card leaves an incomplete one behind, which comes to nothing while the session goes on; but its
    invoice may be paid by other ways. Raise ``ChargedTwice`` if the row has another one.
    """
    told = subscriptions.fetch_subscription(subscription_id)
    if told.status in LEFT_BEHIND:
        return
    note_subscription(subscription, subscription_id)
    if subscription.subscription_id != subscription_id:
        raise ChargedTwice(f"Stripe charges {subscription_id} as well. End it there, and pay it back.")
    sync(subscription, cause=cause)


def note_subscription(subscription: Subscription, subscription_id: str) -> None:
    """Remember which subscription at Stripe is this row's, unless it has one; no more follows from that."""
    rows = Subscription.objects.filter(pk=subscription.pk, subscription_id=None)
    rows.update(subscription_id=subscription_id)
    subscription.refresh_from_db(fields=["subscription_id"])


@transaction.atomic
def give_up(subscription: Subscription, *, cause: Cause) -> bool:
    """End a row whose session nobody can subscribe by any more; return whether that was so."""
    row = _lock(subscription)
    if row.status != SubscriptionStatus.PENDING or row.subscription_id:
        return False
    before = row.status
    row.status, row.next_check_at, row.check_error = SubscriptionStatus.EXPIRED, None, ""
    row.save(update_fields=["status", "next_check_at", "check_error"])
    _note_change(row, before=SubscriptionStatus(before), plan=row.plan, cause=cause)
    return True


@transaction.atomic
def write_off(subscription: Subscription, *, cause: Cause) -> bool:
    """
    End a row whose subscription Stripe doesn't know, as the caller has found; return whether that was so.

    Should Stripe know it after all, as with another key, its next word brings the row back.
    """
    row = _lock(subscription)
    if row.is_over or row.subscription_id != subscription.subscription_id:
        return False
    before = SubscriptionStatus(row.status)
    row.status, row.entitled_until, row.ends_at = SubscriptionStatus.CANCELED, None, timezone.now()
    row.next_check_at, row.check_error = None, ""
    row.source = ""  # That it is over isn't Stripe's word.
    row.save(update_fields=["status", "entitled_until", "ends_at", "next_check_at", "check_error", "source"])
    _note_change(row, before=before, plan=row.plan, cause=cause)
    notify_of_change(row, before=before)
    return True


@transaction.atomic
def _apply(subscription: Subscription, snapshot: Snapshot) -> bool:
    """Take over ``reading``; return False if what is held may be newer: then Stripe must be asked again."""
    row = _lock(subscription)
    if snapshot.number <= row.answered:
        return True  # Whoever asked later has been here.
    if snapshot.number <= row.asked_by_then:
        return False
    if row.is_over and snapshot.told.status not in OVER and _has_another(row):
        _object(row)
        return True
    before, plan, until = SubscriptionStatus(row.status), row.plan, row.entitled_until
    _take_over(row, snapshot)
    _keep_invoices(row, snapshot.told)
    if (before, plan, until) != (row.status, row.plan, row.entitled_until):
        _note_change(row, before=before, plan=plan, cause=snapshot.cause)
    notify_of_change(row, before=before)
    publish(membership_topic(row.customer_id))
    return True


def _has_another(row: Subscription) -> bool:
    return Subscription.objects.current().filter(customer=row.customer_id).exclude(pk=row.pk).exists()


def _object(row: Subscription) -> None:
    """Call staff: a customer has one membership, and Stripe charges for a second one."""
    row.check_error = "Its customer has another membership. End this one at Stripe, and pay it back."
    row.plan_check(checks=0)
    row.save(update_fields=["check_error", "next_check_at"])
    logger.error("a second membership of one customer", extra={"payment": row.reference})


def _take_over(row: Subscription, snapshot: Snapshot) -> None:
    told = snapshot.told
    plan = Plan.objects.filter(price_id=told.price_id).first()
    row.status = told.status
    row.plan = plan or row.plan
    row.email = row.customer.email or row.email
    row.price_id = told.price_id
    row.stripe_customer_id = told.customer_id
    row.period_start, row.period_end = told.period_start, told.period_end
    row.cancel_at_period_end, row.ends_at = told.cancel_at_period_end, told.ends_at
    row.collection_paused = told.collection_paused
    row.entitled_until = entitled_until(told) if plan else None
    row.source = SOURCES[snapshot.cause]
    row.answered, row.asked_by_then = snapshot.number, row.questions
    row.reading_began_at, row.checked_at = snapshot.began_at, timezone.now()
    row.check_error = "" if plan or row.is_over else f"No plan here has the price {told.price_id}."
    row.plan_check(checks=0)
    row.save()


def _keep_invoices(row: Subscription, told: StripeSubscription) -> None:
    for invoice in told.invoices:
        MembershipInvoice.objects.update_or_create(
            invoice_id=invoice.id,
            defaults={
                "subscription": row,
                "number": invoice.number,
                "status": invoice.status,
                "amount": invoice.amount,
                "currency": invoice.currency,
                "issued_at": invoice.issued_at,
                "url": invoice.url,
            },
        )


def _note_change(row: Subscription, *, before: SubscriptionStatus, plan: Plan, cause: Cause) -> None:
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


def _lock(subscription: Subscription) -> Subscription:
    rows = Subscription.objects.select_related("plan", "customer")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=subscription.pk)


def verify(subscription: Subscription) -> None:
    """
    Ask Stripe about ``subscription`` on its customer's behalf, at most once in 10 s however many ask.

    Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    if subscription.claim():
        sync(subscription, cause=Cause.VERIFICATION)


def check(subscription: Subscription, *, cause: Cause) -> Subscription:
    """Ask Stripe, and keep for staff why that failed; raise what ``sync`` raises."""
    try:
        return sync(subscription, cause=cause)
    except (StripeUnavailable, StripeRefused) as error:
        subscription.keep_check_error(explain_failure(error))
        raise
