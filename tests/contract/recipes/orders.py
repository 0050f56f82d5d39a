"""What recipes begin with: sessions, prices, customers with cards."""

import time
from typing import Any

from tests.contract.play import Play
from tests.contract.shapes import Obj

SUCCESS = "http://shop.test/paid?session_id={CHECKOUT_SESSION_ID}"
CANCELLED = "http://shop.test/cancelled"
EMAIL = "ada@example.com"
MINUTES = 60  # s


def order(**changes: Any) -> Obj:
    """Return the parameters of a session over 42 euros, like those that the shop sends."""
    seats = [seat("Demo night: A-1"), seat("Demo night: A-2")]
    metadata = {"payment": "p1", "shop": "s1"}
    return {
        "mode": "payment",
        "line_items": seats,
        "customer_email": EMAIL,
        "client_reference_id": "BOOKING-1",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "locale": "en",
        "expires_at": in_minutes(31),
        "success_url": SUCCESS,
        "cancel_url": CANCELLED,
        **changes,
    }


def seat(name: str, amount: int = 2100, currency: str = "eur") -> Obj:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
    return {"quantity": 1, "price_data": price}


def in_minutes(minutes: int) -> int:
    return int(time.time()) + minutes * MINUTES


def open_session(play: Play, **changes: Any) -> Obj:
    return play.post("/v1/checkout/sessions", order(**changes))


def paid(play: Play, card: str = "4242424242424242", **changes: Any) -> Obj:
    """Return a paid session with its payment intent and charge, as ids."""
    session = open_session(play, **changes)
    play.pay(session, card)
    play.settle()
    return play.get(f"/v1/checkout/sessions/{session['id']}")


def plan(play: Play, amount: int = 1200, **changes: Any) -> Obj:
    """Return a new monthly price."""
    params = {
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
        "product_data": {"name": "Friend"},
    }
    return play.post("/v1/prices", {**params, **changes})


def offer(price: Obj, **changes: Any) -> Obj:
    """Return the parameters of a membership's session, like those that the shop sends."""
    return {
        "mode": "subscription",
        "line_items": [{"price": price["id"], "quantity": 1}],
        "customer_email": EMAIL,
        "client_reference_id": "MEMBER-1",
        "metadata": {"membership": "m1"},
        "subscription_data": {"metadata": {"membership": "m1"}},
        "success_url": SUCCESS,
        "cancel_url": CANCELLED,
        **changes,
    }


def subscriber(play: Play, card: str = "pm_card_visa", **more: Any) -> Obj:
    """Return a new customer whose card is charged for subscriptions."""
    customer = play.post("/v1/customers", {"email": EMAIL, "name": "Ada Lovelace", **more})
    play.later("DELETE", f"/v1/customers/{customer['id']}")
    method = play.post(f"/v1/payment_methods/{card}/attach", {"customer": customer["id"]})
    settings = {"invoice_settings": {"default_payment_method": method["id"]}}
    return play.post(f"/v1/customers/{customer['id']}", settings)
