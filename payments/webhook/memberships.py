"""Stripe's events about memberships: they say that something has changed, and never what."""

import re

from django.core.cache import cache
from django.db.models import Q

from bookings.references import REFERENCE
from payments.gateway.billing.invoices import fetch_paid_invoice
from payments.gateway.metadata import Claim, read_claim
from payments.gateway.objects import Json
from payments.memberships.strays import note_stray, owner_of
from payments.memberships.sync import link_subscription, sync
from payments.models import Cause, LostSession, MembershipInvoice, Outcome, Plan, Subscription
from payments.webhook.handlers import DISPUTE_TYPES, REFUND_TYPES, Handler

ID = re.compile(r"(sub|cs)_\w{1,250}", re.ASCII)
INTENT = re.compile(r"pi_\w{1,250}", re.ASCII)
# Who has written one of these into a subscription's metadata has made it, and looks after it.
CLAIMS = frozenset({"subscription", "shop"})
FOREIGN_FOR = 24 * 3_600  # s


class UnknownMembership(Exception):
    """A session claims to be ours, but no membership here belongs to it."""


# Whose it is


def find_membership(event: Json) -> Subscription | None:
    """
    Return the membership that an event is about, by Stripe's id or by our reference in the metadata.

    A reference beside the id of another shop isn't ours, but only looks so.
    """
    return _find(event["data"]["object"])


def _find(subject: Json) -> Subscription | None:
    ids, claim = _names(subject)
    by_id = Q(subscription_id__in=ids) | Q(session_id__in=ids)
    membership = Subscription.objects.filter(by_id).first() if ids else None
    if membership or not REFERENCE.fullmatch(claim.reference) or claim.is_foreign:
        return membership
    return Subscription.objects.filter(reference=claim.reference).first()


def _names(subject: Json) -> tuple[list[str], Claim]:
    """Return the ids and the claim of a subscription, or of an invoice or a session of one."""
    ids, holder = [subject.get("id")], subject
    if subject.get("object") == "invoice":
        holder = subscription_details(subject)
        ids = [_id_of(holder.get("subscription"))]
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


def _id_of(expandable: object) -> object:
    return expandable.get("id") if isinstance(expandable, dict) else expandable


def find_membership_or_stray(event: Json) -> Subscription | None:
    """
    Return the membership that a subscription is, else the last one of its customer if it may be adopted.

    That is one without anybody's reference, made in Stripe's dashboard, with the price of a plan.
    """
    return find_membership(event) or _owner_of_stray(event["data"]["object"])


def _owner_of_stray(subject: Json) -> Subscription | None:
    customer, metadata = _id_of(subject.get("customer")), _dict(subject.get("metadata"))
    if not isinstance(customer, str) or not customer.isprintable() or CLAIMS & metadata.keys():
        return None
    items = _dict(subject.get("items"))
    prices = [
        _dict(item.get("price")).get("id") for item in items.get("data") or [] if isinstance(item, dict)
    ]
    named = [price for price in prices if isinstance(price, str) and price.isprintable()]
    if items.get("has_more") or Plan.objects.filter(price_id__in=named).exists():
        return owner_of(customer)
    return None


def find_by_money(event: Json) -> Subscription | None:
    """Return the membership one of whose invoices, as far as they are known, a payment intent has paid."""
    intent = _intent_of(event)
    invoice = MembershipInvoice.objects.filter(paid_by__contains=[intent]) if intent else None
    saved = invoice.select_related("subscription").first() if invoice else None
    return saved.subscription if saved else None


def ask_by_money(event: Json) -> Subscription | None:
    """
    Ask Stripe whether a payment intent has paid an invoice of a membership here, and return that.

    A refund or a dispute may come before its invoice does. That it is nobody's here is remembered, as it
    stays so. Raise ``StripeUnavailable`` or ``StripeRefused``.
    """
    intent = _intent_of(event)
    if not intent or cache.get(foreign := f"foreign-invoice:{intent}") or not Subscription.objects.exists():
        return None
    invoice = fetch_paid_invoice(intent)
    membership = _find(invoice) if invoice else None
    if membership is None:
        cache.set(foreign, True, FOREIGN_FOR)
    return membership


def _intent_of(event: Json) -> str:
    intent = _id_of(event["data"]["object"].get("payment_intent"))
    return intent if isinstance(intent, str) and INTENT.fullmatch(intent) else ""


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _claims_to_be_ours(event: Json) -> bool:
    """Whether a session carries the id of this shop: then it is ours even if no row here has it."""
    claim = read_claim(event["data"]["object"], "subscription")
    return claim.is_ours and not LostSession.objects.owed_nothing(event["type"]).of(claim.reference)


# What is done with it


def _sync(event: Json, membership: Subscription | None) -> None:
    sync(_require(membership), cause=Cause.WEBHOOK)


def _sync_and_link(event: Json, membership: Subscription | None) -> None:
    """
    Sync; then link another subscription with this row's reference, such as one after a declined card.

    One of the same customer without it was made in Stripe's dashboard: that is for staff to decide.
    """
    membership = _require(membership)
    named = event["data"]["object"]["id"]
    _ids, claim = _names(event["data"]["object"])
    if named != membership.subscription_id and claim.reference != membership.reference:
        return note_stray(membership, named)
    membership = sync(membership, cause=Cause.WEBHOOK)
    if named != membership.subscription_id:
        link_subscription(membership, named, cause=Cause.WEBHOOK)
    return None


def _sync_disputed(event: Json, membership: Subscription | None) -> None:
    disputed = [_intent_of(event)]
    sync(_require(membership), cause=Cause.WEBHOOK, disputed=disputed)


def _require(membership: Subscription | None) -> Subscription:
    if membership is None:
        raise UnknownMembership("No membership here belongs to what this event is about.")
    return membership


SESSION = Handler(find_owner=find_membership, claims=_claims_to_be_ours, ask=_sync, is_timed=True)
SUBSCRIPTION = Handler(find_owner=find_membership_or_stray, ask=_sync_and_link)
INVOICE = Handler(find_owner=find_membership, ask=_sync)
REFUND = Handler(find_owner=ask_by_money, ask=_sync)
DISPUTE = Handler(find_owner=ask_by_money, ask=_sync_disputed)
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
# A payment intent is all that these name: what it paid, a booking or an invoice, isn't in their bodies.
REVERSALS: dict[str, Handler[Subscription]] = {
    **dict.fromkeys(REFUND_TYPES, REFUND),
    **dict.fromkeys(DISPUTE_TYPES, DISPUTE),
}
# Of these, even one that was never delivered must be found: no question about what is known leads to it.
MADE_ELSEWHERE = frozenset({"customer.subscription.created"})
