"""
Convert and check amounts as Stripe expects them: integers in the currency's minor unit.

Stripe's rules differ from ISO 4217 for some currencies: https://docs.stripe.com/currencies
"""

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol
from django.conf import settings
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

ZERO_DECIMAL = {
    *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
    *("pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"),
}
THREE_DECIMAL = {"bhd", "jod", "kwd", "omr", "tnd"}
# Shown without decimals, but sent to Stripe with two: 5 ISK is 500.
WHOLE_UNITS_ONLY = {"isk", "ugx"}

# Stripe's largest charge, in minor units: what a card can carry. Other methods end earlier, most at eight
# digits, and Stripe's page leaves those out by itself: docs/money.md has the table.
MAXIMUM = 999_999_999_999

# Stripe's minimum charge, in minor units, for accounts that settle in the same currency.
MINIMUM = {
    **dict.fromkeys(("usd", "aud", "brl", "cad", "chf", "eur", "nzd", "sgd", "inr"), 50),
    **dict.fromkeys(("ars", "cop", "idr", "ils", "php", "rub", "zar", "jpy", "krw"), 50),
    **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
    **dict.fromkeys(("nok", "sek"), 300),
    **dict.fromkeys(("mxn", "thb"), 1000),
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
}


def exponent(currency: str) -> int:
    """Return the number of decimals of ``currency``: 2 for EUR, 0 for JPY, 3 for KWD."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def increment(currency: str) -> int:
    """Return the increment, in minor units, that every amount in ``currency`` must be a multiple of."""
    if currency in THREE_DECIMAL:
        return 10
    return 100 if currency in WHOLE_UNITS_ONLY else 1


def to_minor(value: Decimal, currency: str) -> int:
    """
    Return ``value``, such as 12.50 EUR, in minor units: 1250.

    Raise ``ValueError`` with a message for people if the currency has no such amount.
    """
    amount = value.scaleb(exponent(currency))
    if amount != amount.to_integral_value() or int(amount) % increment(currency):
        raise ValueError(_("This can't be paid in %(currency)s.") % {"currency": currency.upper()})
    return int(amount)


def to_major(amount: int, currency: str) -> Decimal:
    """Return ``amount`` minor units in the currency's main unit: 1250 becomes 12.50 EUR."""
    return Decimal(amount).scaleb(-exponent(currency))


def minimum_charge(currency: str) -> int:
    """Return the smallest amount that Stripe charges in ``currency``, in minor units."""
    return MINIMUM.get(currency, 1)


def require_chargeable(amount: int, currency: str) -> None:
    """Raise ``ValueError`` with a message for people if Stripe would refuse to charge ``amount``."""
    if amount > MAXIMUM:
        raise ValueError(_("Stripe charges %(most)s at most.") % {"most": format_money(MAXIMUM, currency)})
    if amount < minimum_charge(currency):
        words = _("Stripe charges %(least)s at least.")
        raise ValueError(words % {"least": format_money(minimum_charge(currency), currency)})
    if amount % increment(currency):
        raise ValueError(_("This can't be paid in %(currency)s.") % {"currency": currency.upper()})


def require_price(amount: int, currency: str) -> None:
    """Raise ``ValueError`` as ``require_chargeable`` does, unless ``amount`` is nothing: free is a price."""
    if amount:
        require_chargeable(amount, currency)


def format_money(amount: int, currency: str) -> str:
    """Return ``amount`` minor units as text in the active language: ``€42.00`` or ``42,00 €``."""
    return _format(amount, currency, to_locale(get_language() or settings.LANGUAGE_CODE))


def format_briefly(amount: int, currency: str, *others: int) -> str:
    """Return what ``format_money`` does, but ``€42`` if neither ``amount`` nor the ``others`` have cents."""
    unit = 10 ** exponent(currency)
    is_whole = not any(each % unit for each in (amount, *others))
    return _format(amount, currency, to_locale(get_language() or settings.LANGUAGE_CODE), is_whole=is_whole)


def format_price(amount: int, currency: str) -> str:
    """Return what a place costs as text, which is a word where it costs nothing."""
    return format_money(amount, currency) if amount else _("Free")


@lru_cache(maxsize=4096)  # A seat map shows few different prices many times.
def _format(amount: int, currency: str, locale: str, *, is_whole: bool = False) -> str:
    digits = 0 if is_whole or currency in WHOLE_UNITS_ONLY else exponent(currency)
    # Babel knows each currency's decimals too, but amounts are charged with Stripe's, which differ in some.
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = re.sub(r"0\.0+", "0." + "0" * digits if digits else "0", pattern)
    if get_currency_symbol(currency.upper(), locale)[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    value = to_major(amount, currency)
    return format_currency(value, currency.upper(), pattern, locale=locale, currency_digits=False)
