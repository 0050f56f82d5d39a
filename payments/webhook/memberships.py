"""Stripe's events about memberships: they say that something has changed, and never what."""

import re

from django.db.models import Q

from bookings.references import REFERENCE
from payments.gateway.metadata import Claim, read_claim
from payments.gateway.objects import Json
from payments.memberships.sync import link_subscription, sync
from payments.models import Cause, Outcome, Subscription
from payments.webhook.handlers import Handler

ID = re.compile(r"(sub|cs)_\w{1,250}", re.ASCII)


class UnknownMembership(Exception):
    """A session claims to be ours, but no membership here belongs to it."""


# Whose it is


def find_membership(event: Json) -> Subscription | None:
    """
    Return the membership that an event is about, by Stripe's id or by our reference in the metadata.

    A reference beside the id of another shop isn't ours, but only looks so.
    """
    ids, claim = _names(event)
    by_id = Q(subscription_id__in=ids) | Q(session_id__in=ids)
    membership = Subscription.objects.filter(by_id).first() if ids else None
    if membership or not REFERENCE.fullmatch(claim.reference) or claim.is_foreign:
        return membership
    return Subscription.objects.filter(reference=claim.reference).first()


def _names(event: Json) -> tuple[list[str], Claim]:
    """Return the ids that an event gives to what may be a membership, and what its metadata claims."""
    subject = event["data"]["object"]
    ids, holder = [subject.get("id")], subject
    if event["type"].startswith("invoice."):
        holder = subscription_details(subject)
        ids = [holder.get("subscription")]
    known = [one for one in ids if isinstance(one, str) and ID.fullmatch(one)]
    return known, read_claim(holder, "subscription")


def subscription_details(invoice: Json) -> Json:
    """
    Return the ``subscription`` of an invoice and its ``metadata``, from wherever its version has them.

    Since 2025-03-31 (basil) they are in ``parent``: https://docs.stripe.com/changelog/basil
    """
    details = _dict(_dict(invoice.get("parent")).get("subscription_details"))
    return details or {
        **_dict(invoice.get("subscription_details")),
        "subscription": invoice.get("subscription"),
    }


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _claims_to_be_ours(event: Json) -> bool:
    """Whether a session carries the id of this shop: then it is ours even if no row here has it."""
    return read_claim(event["data"]["object"], "subscription").is_ours


# What is done with it


def _sync(event: Json, membership: Subscription | None) -> None:
    sync(_require(membership), cause=Cause.WEBHOOK)


def _sync_and_link(event: Json, membership: Subscription | None) -> None:
    """Sync; then link another subscription with this row's reference, such as one after a declined card."""
    membership = sync(_require(membership), cause=Cause.WEBHOOK)
    named = event["data"]["object"]["id"]
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
