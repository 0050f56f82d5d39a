"""
The types of payment methods: who can pay which amounts in which currencies.

https://docs.stripe.com/payments/payment-methods/payment-method-support
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core import money
from sandbox.core.account import Account, fact
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj, Store
from sandbox.core.words import words

# All types that a Checkout Session can allow. All but one of them can be excluded.
ALL_TYPES = words(
    "acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie "
    "bizum blik boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal kakao_pay klarna "
    "konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco "
    "paynow paypal paypay payto pix promptpay revolut_pay samsung_pay satispay scalapay sepa_debit sequra "
    "sofort sunbit swish twint upi us_bank_account wechat_pay zip"
)
EXCLUDABLE = [kind for kind in ALL_TYPES if kind != "link"]

CARD, DEBIT, VOUCHER, TRANSFER = "card", "debit", "voucher", "transfer"


@dataclass(frozen=True)
class MethodType:
    """
    A type that the sandbox has: its name in the API, its label on the page, and what it can carry.

    Without ``currencies`` it takes all of them. ``least`` and ``most`` are in minor units. A voucher can be
    paid for ``days``.
    """

    name: str
    label: str
    kind: str
    currencies: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    days: int = 0

    def carries(self, amount: int, currency: str) -> bool:
        """Return whether this type can pay ``amount``; no type is needed to pay nothing."""
        if self.currencies and currency not in self.currencies:
            return False
        return amount == 0 or self.least <= amount <= self.largest(currency)

    def largest(self, currency: str) -> int:
        usual = money.largest(currency, card=self.kind == CARD)
        return usual if self.most is None else min(usual, self.most)


METHOD_TYPES = {
    each.name: each
    for each in (
        MethodType("card", "Card", CARD),
        MethodType("us_bank_account", "Bank debit (delayed)", DEBIT, ("usd",)),
        MethodType("sepa_debit", "Bank debit (delayed)", DEBIT, ("eur",)),
        MethodType("boleto", "Boleto", VOUCHER, ("brl",), 500, 4_999_999, days=3),
        MethodType("konbini", "Konbini", VOUCHER, ("jpy",), 120, 300_000, days=3),
        MethodType("multibanco", "Multibanco", VOUCHER, ("eur",), 100, 9_999_900, days=7),
        MethodType("oxxo", "OXXO", VOUCHER, ("mxn",), 1_000, 1_000_000, days=3),
        MethodType("customer_balance", "Bank transfer", TRANSFER, ("eur", "gbp", "jpy", "mxn", "usd")),
    )
}
SWITCHED_ON = ["card", "us_bank_account", "sepa_debit"]  # by default; the rest is for the owner to switch on

NONE_LEFT = (
    "No valid payment method types for this Checkout Session. Please ensure that you have activated payment "
    "methods compatible with your chosen currency in your dashboard "
    "(https://dashboard.stripe.com/settings/payment_methods)."
)


def known_methods(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or any(name not in METHOD_TYPES for name in value):
        raise ValueError(f"give a list of {', '.join(METHOD_TYPES)}")
    return [name for name in METHOD_TYPES if name in value]


fact("payment_methods", SWITCHED_ON, known_methods)


def offered_types(
    store: Store, choice: Obj, *, amount: int, currency: str, cards_only: bool = False
) -> list[str]:
    """
    Return the types that a session offers: those switched on for the account that can carry the amount.

    ``choice`` may have ``allowed_payment_method_types`` or ``excluded_payment_method_types``. Raise
    ``StripeError`` if no type is left.
    """
    allowed: Sequence[str] = choice.get("allowed_payment_method_types") or ALL_TYPES
    excluded: Sequence[str] = choice.get("excluded_payment_method_types") or ()
    possible = ["card"] if cards_only else Account(store)["payment_methods"]
    offered = [
        name
        for name in possible
        if name in allowed and name not in excluded and METHOD_TYPES[name].carries(amount, currency)
    ]
    if not offered:
        raise StripeError(NONE_LEFT)
    return offered


def offered_of_kind(types: Sequence[str], kind: str) -> str | None:
    """Return the first of a session's types that is of this kind."""
    return next((name for name in types if METHOD_TYPES[name].kind == kind), None)
