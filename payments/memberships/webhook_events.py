"""What Stripe's events mean to a membership: that something has changed, and never what."""

import re

from django.db.models import Q

from bookings.references import REFERENCE
from payments.gateway.objects import Json
from payments.memberships.sync import adopt, sync
from payments.models import Cause, Outcome, StripeEvent, Subscription

SESSIONS = frozenset({"checkout.session.completed", "checkout.session.expired"})
SUBSCRIPTIONS = frozenset(
    {
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
    }
)
INVOICES = frozenset({"invoice.paid", "invoice.payment_failed"})
ID = re.compile(r"(sub|cs)_\w{1,250}", re.ASCII)
TELLING = SESSIONS | SUBSCRIPTIONS | INVOICES


def owner_of(event: Json) -> Subscription | None:
    """Return the membership that an event is about, by Stripe's id or by our reference in the metadata."""
    ids, reference = _names(event)
    claimed = Q(subscription_id__in=ids) | Q(session_id__in=ids)
    if reference:
        claimed |= Q(reference=reference)
    return Subscription.objects.filter(claimed).first() if ids or reference else None


def _names(event: Json) -> tuple[list[str], str]:
    """Return the ids that an event gives to what may be a membership, and the reference that it claims."""
    subject = event["data"]["object"]
    metadata = subject.get("metadata")
    ids = [subject.get("id")]
    if event["type"].startswith("invoice."):
        details = _dict(_dict(subject.get("parent")).get("subscription_details"))
        ids, metadata = [details.get("subscription")], details.get("metadata")
    reference = _dict(metadata).get("subscription")
    known = [one for one in ids if isinstance(one, str) and ID.fullmatch(one)]
    return known, reference if isinstance(reference, str) and REFERENCE.fullmatch(reference) else ""


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def take(record: StripeEvent, subscription: Subscription) -> None:
    """Ask Stripe how ``subscription`` stands, if the event says that this has changed."""
    if record.type not in TELLING:
        return
    subscription = sync(subscription, cause=Cause.WEBHOOK)
    named = record.payload["data"]["object"]["id"]
    if record.type in SUBSCRIPTIONS and named != subscription.subscription_id:
        adopt(subscription, named, cause=Cause.WEBHOOK)


def outcome_of(record: StripeEvent) -> Outcome:
    return Outcome.APPLIED if record.type in TELLING else Outcome.IGNORED
