"""Subscriptions, for the tests that need one."""

from typing import Any

import stripe

from tests.sandbox.support.process import Obj, Sandbox

DAY = 24 * 3_600


def plan(
    sandbox: Sandbox, *, amount: int = 1200, interval: str = "month", name: str = "Friend", **more: Any
) -> str:
    """Return the id of a new recurring price."""
    params: Any = {
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": interval},
        "product_data": {"name": name},
        **more,
    }
    return sandbox.stripe.prices.create(params).id


def offer(price: str, **changes: Any) -> Obj:
    """Return the parameters of a subscription's session like those the shop sends."""
    return {
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "http://shop.test/member?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/membership",
        "client_reference_id": "MEMBER-1",
        "customer_email": "ada@example.com",
        "metadata": {"payment": "p1"},
        "subscription_data": {"metadata": {"membership": "m1"}},
        **changes,
    }


def open_offer(sandbox: Sandbox, price: str | None = None, **changes: Any) -> stripe.checkout.Session:
    params: Any = offer(price or plan(sandbox), **changes)
    return sandbox.stripe.checkout.sessions.create(params)


def subscribe(
    sandbox: Sandbox, price: str | None = None, *, card: str = "4242424242424242", **changes: Any
) -> stripe.Subscription:
    """Return a subscription that has just started."""
    session = open_offer(sandbox, price, **changes)
    paid = sandbox.pay(session.id, card=card)
    if paid["outcome"] == "requires_action":
        paid = sandbox.control(f"sessions/{session.id}/complete_3ds", ok=True)
    assert paid["outcome"] == "paid", paid
    return sandbox.stripe.subscriptions.retrieve(paid["session"]["subscription"])


def history(sandbox: Sandbox) -> list[Obj]:
    """Return all events, oldest first; the API shows only thirty days."""
    events: list[Obj] = sandbox.show("objects?kind=event")["objects"]
    return events


def event_types_since(sandbox: Sandbox, before: int, *prefixes: str) -> list[str]:
    """Return the types of the events after the first ``before``: of subscriptions and invoices by default."""
    wanted = prefixes or ("customer.subscription.", "invoice.")
    return [event["type"] for event in history(sandbox)[before:] if event["type"].startswith(wanted)]


def status_of(sandbox: Sandbox, subscription: stripe.Subscription) -> str:
    return str(sandbox.stripe.subscriptions.retrieve(subscription.id).status)
