"""What our key may do, and where the account's events go."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from operator import attrgetter
from typing import Any

import stripe
from django.conf import settings

from payments.gateway.checkout.options import CheckoutOptions
from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.errors import NotAllowed, StripeRefused, StripeUnavailable
from payments.gateway.event_objects import WebhookEndpoint, read_destination, read_endpoint

# What the project reads, as Stripe's library names it; a restricted key may lack the right to some of it.
READS = ("checkout.sessions", "payment_intents", "charges", "refunds", "disputes", "events")
READS_OF_MEMBERSHIPS = (
    *("subscriptions", "invoices", "invoice_payments"),
    *("prices", "products", "billing_portal.configurations"),
)
WRITES = ("checkout.sessions", "refunds")
WRITES_OF_MEMBERSHIPS = ("billing_portal.sessions", "customers", "invoices.create_preview")


@asking_stripe
def try_reading(what: str) -> datetime | None:
    """
    Ask for one object of a kind such as ``READS`` has, and return what time it is at Stripe, if it says so.

    Raise ``KeyRefused``, ``StripeRefused`` or ``StripeUnavailable``.
    """
    page = attrgetter(what)(stripe_client().v1).list(params={"limit": 1})
    date = page.last_response.headers.get("Date")
    return parsedate_to_datetime(date) if date else None


def is_answering() -> bool:
    """Return whether Stripe answers anything at all, be it with a refusal."""
    try:
        try_reading("events")
    except StripeRefused:
        return True
    except StripeUnavailable:
        return False
    return True


# Calls that change something, tried on ids that don't exist: Stripe checks the right to a POST first.
NOBODYS = "doctor_0"
TRIALS: dict[str, Callable[[], object]] = {
    "checkout.sessions": lambda: stripe_client().v1.checkout.sessions.expire(f"cs_{NOBODYS}"),
    "refunds": lambda: stripe_client().v1.refunds.create(params={"payment_intent": f"pi_{NOBODYS}"}),
    "billing_portal.sessions": lambda: stripe_client().v1.billing_portal.sessions.create(
        params={"customer": f"cus_{NOBODYS}"}
    ),
    "customers": lambda: stripe_client().v1.customers.update(f"cus_{NOBODYS}", params={"description": ""}),
    "invoices.create_preview": lambda: stripe_client().v1.invoices.create_preview(
        params={"subscription": f"sub_{NOBODYS}"}
    ),
}


@asking_stripe
def try_writing(what: str) -> None:
    """
    See whether the key may do what ``TRIALS`` has, by asking for what can't be done; nothing is changed.

    Raise ``KeyRefused``, ``NotAllowed``, ``StripeRefused`` or ``StripeUnavailable``.
    """
    try:
        TRIALS[what]()
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise


# More than the smallest amount that Stripe takes in any currency, in its minor unit.
TRIAL_AMOUNT = 20_000


@asking_stripe
def try_options(options: CheckoutOptions, *, currency: str) -> None:
    """
    Open a payment page with what is switched on, and close it again.

    Raise ``StripeRefused`` if Stripe won't have it, or ``StripeUnavailable``.
    """
    price = {"currency": currency, "unit_amount": TRIAL_AMOUNT, "product_data": {"name": "stripe_doctor"}}
    params: Any = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": {**price, **options.tax_behavior}}],
        "success_url": settings.SITE_URL,
        **options.for_payments(),
    }
    sessions = stripe_client().v1.checkout.sessions
    sessions.expire(sessions.create(params=params).id)


def fetch_endpoints() -> list[WebhookEndpoint]:
    """
    Return the account's webhook endpoints, and its destinations of thin events if the key may read them.

    Raise ``StripeUnavailable`` or ``StripeRefused``.
    """
    try:
        return [*list_endpoints(), *list_thin_destinations()]
    except NotAllowed:
        return list_endpoints()


@asking_stripe
def list_endpoints() -> list[WebhookEndpoint]:
    """Return the endpoints of snapshot events. https://docs.stripe.com/api/webhook_endpoints/list"""
    page = stripe_client().v1.webhook_endpoints.list(params={"limit": 100})
    return [read_endpoint(endpoint.to_dict()) for endpoint in page.data]


@asking_stripe
def list_thin_destinations() -> list[WebhookEndpoint]:
    """Return the destinations of thin events. https://docs.stripe.com/api/v2/core/event-destinations/list"""
    wanted: Any = {"include": ["webhook_endpoint.url"], "limit": 100}
    page = stripe_client().v2.core.event_destinations.list(params=wanted)
    read = [read_destination(destination.to_dict()) for destination in page.data]
    return [destination for destination in read if destination.is_thin]
