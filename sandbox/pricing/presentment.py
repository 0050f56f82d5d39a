"""
Adaptive Pricing: customers may pay in their own currency; the shop's amounts stay in its own.

https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing
"""

from decimal import Decimal

from sandbox.core import money
from sandbox.core.store import Obj
from sandbox.pricing.taxes import round_half_up

# What one euro costs, with the fee that customers pay for the conversion. The same for ever.
RATES = {
    "aud": Decimal("1.80"),
    "brl": Decimal("6.40"),
    "cad": Decimal("1.62"),
    "chf": Decimal("0.97"),
    "czk": Decimal("25.40"),
    "dkk": Decimal("7.75"),
    "eur": Decimal("1"),
    "gbp": Decimal("0.90"),
    "huf": Decimal("410"),
    "inr": Decimal("103"),
    "isk": Decimal("150"),
    "jpy": Decimal("180"),
    "mxn": Decimal("22.20"),
    "nok": Decimal("12.20"),
    "nzd": Decimal("2.08"),
    "pln": Decimal("4.42"),
    "ron": Decimal("5.30"),
    "sek": Decimal("11.40"),
    "sgd": Decimal("1.56"),
    "thb": Decimal("39"),
    "usd": Decimal("1.20"),
}


def is_possible(currency: str, wanted: str) -> bool:
    """Return whether a price in ``currency`` can be shown in the ``wanted`` one."""
    return currency in RATES and wanted in RATES and currency != wanted


def converted(amount: int, currency: str, wanted: str) -> int:
    """Return an amount of minor units in another currency, rounded to what that can express."""
    units = Decimal(amount).scaleb(-money.decimals(currency)) * RATES[wanted] / RATES[currency]
    return round_half_up(units.scaleb(money.decimals(wanted)), money.step(wanted))


def details(amount: int, currency: str, wanted: str) -> Obj:
    """Return ``presentment_details``."""
    return {
        "presentment_amount": converted(amount, currency, wanted),
        "presentment_currency": wanted,
    }


def of_part(whole: Obj, amount: int) -> Obj:
    """Return the member ``presentment_details`` for a part of a charge; empty if that has none."""
    if "presentment_details" not in whole:
        return {}
    shown = whole["presentment_details"]
    share = Decimal(shown["presentment_amount"]) * amount / whole["amount"]
    step = money.step(shown["presentment_currency"])
    return {"presentment_details": {**shown, "presentment_amount": round_half_up(share, step)}}
