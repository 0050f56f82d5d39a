"""Subscriptions at Stripe, with their sessions, prices and invoices, and its billing portal."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.gateway.billing.invoices import fetch_next_charge, is_to_be_charged, with_reversals
from payments.gateway.billing.subscription_objects import (
    MembershipSession,
    StripeSubscription,
    read_membership_session,
    read_subscription,
)
from payments.gateway.checkout.options import checkout_options
from payments.gateway.checkout.session_params import stripe_locale
from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.errors import StripeRefused, UnknownToStripe
from payments.gateway.metadata import metadata_of
from payments.gateway.objects import Json
from payments.models import Interval, Subscription

LAST_INVOICES = 24


@asking_stripe
def open_membership_session(subscription: Subscription) -> MembershipSession:
    """
    Open a Checkout Session that subscribes the customer, and return it.

    Calling this again for one row returns the same session: the parameters are those that were saved with it,
    and its reference is the idempotency key. Raise ``StripeUnavailable``, ``KeySpent`` or ``StripeRefused``.
    Nothing is charged here and nothing is saved.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    session = stripe_client().v1.checkout.sessions.create(
        params=subscription.session_params or membership_params(subscription),
        options={"idempotency_key": subscription.idempotency_key},
    )
    return read_membership_session(session.to_dict())


def membership_params(subscription: Subscription) -> Any:
    """Return the parameters of the session for ``subscription``, which are saved with it."""
    metadata = metadata_of("subscription", subscription.reference)
    page = settings.SITE_URL + reverse("payments:membership")
    known = {"customer": subscription.stripe_customer_id} if subscription.stripe_customer_id else {}
    return {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price": subscription.price_id}],
        **(known or {"customer_email": subscription.email}),
        "client_reference_id": subscription.reference,
        "metadata": metadata,
        "subscription_data": {"metadata": metadata},
        **checkout_options().for_memberships(has_customer=bool(known)),
        "locale": stripe_locale(subscription.language),
        "expires_at": int(subscription.expires_at.timestamp()),
        "success_url": f"{page}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{page}?cancelled={subscription.reference}",
    }


@asking_stripe
def fetch_membership_session(session_id: str) -> MembershipSession:
    """Return the Checkout Session as it is at Stripe now."""
    return read_membership_session(stripe_client().v1.checkout.sessions.retrieve(session_id).to_dict())


@asking_stripe
def expire_membership_session(session_id: str) -> MembershipSession:
    """Expire the session so that it can't be used; raise ``StripeRefused`` if it isn't open."""
    return read_membership_session(stripe_client().v1.checkout.sessions.expire(session_id).to_dict())


def fetch_subscription(subscription_id: str, *, disputed: Collection[str] = ()) -> StripeSubscription:
    """
    Return the subscription as it is at Stripe now, with its last invoices, their money and the next charge.

    ``disputed`` are payment intents that are said to be disputed, though their charge may not say so yet.
    Raise ``UnknownToStripe`` if there is none, or what asking raises.
    """
    try:
        listed = list_invoices(subscription_id)
    except StripeRefused as refusal:
        # To a list of what belongs to nothing, Stripe doesn't answer 404.
        if refusal.code == "resource_missing":
            raise UnknownToStripe(str(refusal), code=refusal.code, param=refusal.param) from refusal
        raise
    invoices = with_reversals(listed, disputed=disputed)
    # Asked after these: it is what counts, and an invoice may have changed it meanwhile.
    fetched = retrieve_subscription(subscription_id).with_invoices(invoices)
    return replace(fetched, next_charge=fetch_next_charge(fetched) if is_to_be_charged(fetched) else None)


@asking_stripe
def list_invoices(subscription_id: str) -> list[Json]:
    """Return the last invoices with their payments, newest first. https://docs.stripe.com/api/invoices/list"""
    wanted: Any = {"subscription": subscription_id, "limit": LAST_INVOICES, "expand": ["data.payments"]}
    return [invoice.to_dict() for invoice in stripe_client().v1.invoices.list(params=wanted).data]


@asking_stripe
def retrieve_subscription(subscription_id: str) -> StripeSubscription:
    """
    Return the subscription with all its items, without its invoices.

    https://docs.stripe.com/api/subscriptions/retrieve
    """
    fetched = stripe_client().v1.subscriptions.retrieve(subscription_id).to_dict()
    has_more = (fetched.get("items") or {}).get("has_more")
    return read_subscription(fetched, _list_items(subscription_id) if has_more else None)


def _list_items(subscription_id: str) -> list[Json]:
    """Return all items; a subscription names ten. https://docs.stripe.com/api/subscription_items/list"""
    wanted: Any = {"subscription": subscription_id, "limit": 100}
    page = stripe_client().v1.subscription_items.list(params=wanted)
    return [item.to_dict() for item in page.auto_paging_iter()]


class NoPlan(Exception):
    """The price can't be subscribed to here; the message says why, for staff."""


@dataclass(frozen=True)
class StripePrice:
    """A recurring price; ``amount`` in the minor unit of ``currency``."""

    amount: int
    currency: str
    interval: Interval


@asking_stripe
def fetch_price(price_id: str) -> StripePrice:
    """
    Return a recurring price; raise ``NoPlan`` if it is none that a plan here can have.

    https://docs.stripe.com/api/prices/retrieve
    """
    price = stripe_client().v1.prices.retrieve(price_id, params={"expand": ["product"]}).to_dict()
    recurring = price.get("recurring") or {}
    if recurring.get("interval") not in Interval.values or recurring.get("interval_count") != 1:
        raise NoPlan(_("It must be charged every month or every year."))
    if not price.get("unit_amount"):
        raise NoPlan(_("It must have a fixed amount."))
    if not price.get("active"):
        raise NoPlan(_("It is archived at Stripe."))
    if not price["product"].get("active"):
        raise NoPlan(_("Its product is archived at Stripe."))
    return StripePrice(price["unit_amount"], price["currency"], Interval(recurring["interval"]))


@asking_stripe
def ensure_price(lookup_key: str, *, name: str, price: StripePrice) -> str:
    """
    Return the id of the price with ``lookup_key``, made with its product unless it is there.

    https://docs.stripe.com/api/prices/create
    """
    found = stripe_client().v1.prices.list(params={"lookup_keys": [lookup_key], "limit": 1}).data
    if found:
        return found[0].id
    wanted: Any = {
        "lookup_key": lookup_key,
        "unit_amount": price.amount,
        "currency": price.currency,
        "recurring": {"interval": price.interval.value},
        "product_data": {"name": name},
    }
    return stripe_client().v1.prices.create(params=wanted).id


@dataclass(frozen=True)
class Portal:
    """What members may do in the billing portal."""

    may_cancel: bool
    may_change_card: bool


@asking_stripe
def fetch_portal() -> Portal | None:
    """
    Return the portal's settings, or None if they were never saved in Stripe's dashboard: then it isn't open.

    https://docs.stripe.com/api/customer_portal/configurations/list
    """
    wanted: Any = {"is_default": True, "active": True, "limit": 1}
    for configuration in stripe_client().v1.billing_portal.configurations.list(params=wanted).data:
        features = configuration.to_dict()["features"]
        return Portal(
            may_cancel=features["subscription_cancel"]["enabled"],
            may_change_card=features["payment_method_update"]["enabled"],
        )
    return None


@asking_stripe
def open_portal(subscription: Subscription, *, flow: str = "") -> str:
    """
    Return the address of Stripe's billing portal, where the customer changes or ends their subscription.

    With a ``flow``, such as ``payment_method_update``, the portal begins with it, and leads back once it is
    done. The address can be used for a few minutes only.

    https://docs.stripe.com/api/customer_portal/sessions/create
    """
    back = f"{settings.SITE_URL}{reverse('payments:membership')}?from=portal"
    portal: Any = {"customer": subscription.stripe_customer_id, "return_url": back}
    if flow:
        done = {"type": "redirect", "redirect": {"return_url": back}}
        portal["flow_data"] = {"type": flow, "after_completion": done}
    return stripe_client().v1.billing_portal.sessions.create(params=portal).url
