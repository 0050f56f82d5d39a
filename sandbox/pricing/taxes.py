"""Taxes: one rate for everything, as the account's owner has set it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.core import money
from sandbox.core.account import Account, fact
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.store import Obj

NO_TAX: Obj = {"percentage": "0", "inclusive": False}


def tax_or_none(value: Any) -> Obj | None:
    """Check ``{"percentage": "19", "inclusive": false}``; raise ``ValueError`` for anything else."""
    if value is None:
        return None
    words = 'give {"percentage": "19", "inclusive": false}, or null'
    if not isinstance(value, dict) or not set(value) <= {"percentage", "inclusive"}:
        raise ValueError(words)
    try:
        percentage = Decimal(str(value["percentage"]))
    except (InvalidOperation, KeyError):
        raise ValueError(words) from None
    if not (percentage.is_finite() and 0 <= percentage <= 100):
        raise ValueError(words)
    if not isinstance(value.get("inclusive", False), bool):
        raise ValueError(words)
    return {"percentage": str(percentage), "inclusive": value.get("inclusive", False)}


fact("tax", None, tax_or_none)


def new_tax(box: Box, wanted: Obj | None, *, automatic: bool) -> Obj | None:
    """
    Return a tax for a session and all that follows it: its percentage and a tax rate for each behavior.

    Without ``wanted`` it is the account's. An ``automatic`` tax is 0 % where the account has none, as at
    Stripe without a registration; its status is complete once the customer's place is known.
    """
    wanted = wanted or Account(box.store)["tax"] or (NO_TAX if automatic else None)
    if wanted is None:
        return None
    rates = {
        behavior: new_tax_rate(box, wanted["percentage"], inclusive=behavior == "inclusive")
        for behavior in ("exclusive", "inclusive")
    }
    return {**wanted, "automatic": automatic, "rates": rates}


def behavior_of(tax: Obj, price: Obj) -> str:
    """Return whether a price includes the tax: as it says itself, or else as the owner has set."""
    if price["tax_behavior"] in ("exclusive", "inclusive"):
        return str(price["tax_behavior"])
    return "inclusive" if tax["inclusive"] else "exclusive"


def amount_of(tax: Obj, amount: int, behavior: str, currency: str) -> int:
    """Return the tax in an amount, or on top of it, rounded to what the currency can express."""
    percentage = Decimal(tax["percentage"])
    whole = 100 + percentage if behavior == "inclusive" else Decimal(100)
    return round_half_up(amount * percentage / whole, money.step(currency))


def round_half_up(number: Decimal, step: int) -> int:
    return int((number / step + Decimal("0.5")).__floor__()) * step


def reason_of(tax: Obj) -> str:
    return "standard_rated" if Decimal(tax["percentage"]) else "not_collecting"


def new_tax_rate(box: Box, percentage: str, *, inclusive: bool) -> Obj:
    return {
        "id": new_id("txr_1"),
        "object": "tax_rate",
        "active": True,
        "country": Account(box.store).country,
        "created": box.clock.now(),
        "description": None,
        "display_name": "VAT",
        "effective_percentage": float(percentage),
        "flat_amount": None,
        "inclusive": inclusive,
        "jurisdiction": Account(box.store).country,
        "jurisdiction_level": "country",
        "livemode": False,
        "metadata": {},
        "percentage": float(percentage),
        "rate_type": "percentage",
        "state": None,
        "tax_type": "vat",
    }
