"""Coupons and promotion codes, for the tests that need some."""

from typing import Any

from tests.sandbox.support.process import Sandbox


def coupon(sandbox: Sandbox, **params: Any) -> str:
    """Return the id of a new coupon: 20 % off unless ``params`` say otherwise."""
    given: Any = params if {"percent_off", "amount_off"} & set(params) else {"percent_off": 20, **params}
    return sandbox.stripe.coupons.create(given).id


def code(sandbox: Sandbox, text: str = "SPRING", *, of: str | None = None, **params: Any) -> str:
    """Return the id of a new promotion code."""
    promotion = {"type": "coupon", "coupon": of or coupon(sandbox)}
    given: Any = {"promotion": promotion, "code": text, **params}
    return sandbox.stripe.promotion_codes.create(given).id
