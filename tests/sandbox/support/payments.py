"""Paid sessions, for the tests of payments and of what comes after."""

from typing import Any

import stripe

from tests.sandbox.support.process import Sandbox

PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "payment_intent.created",
    "checkout.session.completed",
]


def pay(sandbox: Sandbox, card: str = "4242424242424242", **changes: Any) -> str:
    """Return a session over 42 euros that has been paid and booked: 40.49 after the fee."""
    session = sandbox.open_session(**changes)
    sandbox.pay(session.id, card=card)
    sandbox.advance(4)
    return session.id


def refund(sandbox: Sandbox, session_id: str, **params: Any) -> stripe.Refund:
    given: Any = {"payment_intent": sandbox.session(session_id).payment_intent, **params}
    return sandbox.stripe.refunds.create(given)


def paid_intent(sandbox: Sandbox, session_id: str) -> Any:
    return sandbox.session(session_id, "payment_intent.latest_charge").payment_intent
