"""A browser without JavaScript on the portal and the invoice page."""

import re
from typing import Any

import httpx
import stripe

from tests.sandbox.support.process import Sandbox

GOOD = {
    "cardNumber": "5555 5555 5555 4444",
    "cardExpiry": "12 / 34",
    "cardCvc": "123",
    "billingName": "Ada Lovelace",
}
METHOD = "payment-method-accordion-item-title"  # the name of the radio buttons, as on Stripe's page
RETURN = "http://shop.test/membership"


def enter(sandbox: Sandbox, subscription: stripe.Subscription, **more: Any) -> str:
    """Return the path of a new portal session of the subscription's customer."""
    params: Any = {"customer": str(subscription.customer), "return_url": RETURN, **more}
    url: str = sandbox.stripe.billing_portal.sessions.create(params).url
    return url.removeprefix(sandbox.url)


def page(sandbox: Sandbox, path: str) -> str:
    return sandbox.http.get(path).text


def send(sandbox: Sandbox, path: str, **fields: str) -> httpx.Response:
    answer = sandbox.http.post(path, data=fields)
    assert answer.status_code == 303
    return answer


def words_of(html: str) -> str:
    """Return a page's words, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
