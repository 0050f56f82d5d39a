"""Stripe's events about memberships: they say that something has changed, and never what."""

import re

from django.db.models import Q

from bookings.references import REFERENCE
from payments.gateway.objects import Json
from payments.memberships.sync import link_subscription, sync
from payments.models import Cause, Outcome, StripeEvent, Subscription
from payments.webhook.handlers import Handler

ID = re.compile(r"(sub|cs)_\w{1,250}", re.ASCII)


class UnknownMembership(Exception):
    """A session claims to be ours, but no membership here belongs to it."""


# Whose it is


def find_membership(event: Json) -> Subscription | None:
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


def _claims_to_be_ours(event: Json) -> bool:
    """
    Whether a session carries our metadata, and no other: then it is ours even if no row here has it.

    ``subscription`` is a name that other products may use too, but not with a reference like ours.
    """
    metadata = event["data"]["object"].get("metadata")
    if not isinstance(metadata, dict) or metadata.keys() != {"subscription"}:
        return False
    reference = metadata["subscription"]
    return isinstance(reference, str) and REFERENCE.fullmatch(reference) is not None


# What is done with it


def _sync(record: StripeEvent, membership: Subscription | None) -> None:
    sync(_require(membership), cause=Cause.WEBHOOK)


def _sync_and_link(record: StripeEvent, membership: Subscription | None) -> None:
    """Sync; then link another subscription with this row's reference, such as one after a declined card."""
    membership = sync(_require(membership), cause=Cause.WEBHOOK)
    named = record.payload["data"]["object"]["id"]
    if named != membership.subscription_id:
        link_subscription(membership, named, cause=Cause.WEBHOOK)


def _require(membership: Subscription | None) -> Subscription:
    if membership is None:
        raise UnknownMembership("No membership here belongs to what this event is about.")
    return membership


SESSION = Handler(find_owner=find_membership, claims=_claims_to_be_ours, ask=_sync, is_timed=True)
SUBSCRIPTION = Handler(find_owner=find_membership, ask=_sync_and_link)
INVOICE = Handler(find_owner=find_membership, ask=_sync)
# Everything else about a membership is kept for staff to read, and changes nothing.
RECORDED = Handler(find_owner=find_membership, outcome=Outcome.IGNORED)

HANDLERS: dict[str, Handler[Subscription]] = {
    "checkout.session.completed": SESSION,
    "checkout.session.expired": SESSION,
    "customer.subscription.created": SUBSCRIPTION,
    "customer.subscription.updated": SUBSCRIPTION,
    "customer.subscription.deleted": SUBSCRIPTION,
    "customer.subscription.paused": SUBSCRIPTION,
    "customer.subscription.resumed": SUBSCRIPTION,
    "invoice.paid": INVOICE,
    "invoice.payment_failed": INVOICE,
}
APPLIED = frozenset(HANDLERS)
