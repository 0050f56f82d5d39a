"""
Money as Stripe counts it: an integer in the currency's minor unit, with Stripe's own exceptions.

https://docs.stripe.com/currencies
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
# Written without decimals, but sent as if they had two: 5 ISK is 500.
WHOLE_UNITS_ONLY = {"isk", "ugx"}

# What Stripe charges at most with any method of payment, in minor units.
MAXIMUM = 99_999_999

# What Stripe charges at least, in minor units, where it settles in the same currency.
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
    """Return how many decimal digits the minor unit of ``currency`` adds: 2 for EUR, 0 for JPY, 3 for KWD."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def increment(currency: str) -> int:
    """Return what every amount in ``currency`` must be a multiple of, in minor units."""
    if currency in THREE_DECIMAL:
        return 10
    return 100 if currency in WHOLE_UNITS_ONLY else 1


def to_minor(value: Decimal, currency: str) -> int:
    """
    Return ``value`` (in the currency's usual unit, 12.50) as Stripe's integer (1250).

    Raise ``ValueError``, with a sentence, if the currency can't express it.
    """
    amount = value.scaleb(exponent(currency))
    if amount != amount.to_integral_value() or int(amount) % increment(currency):
        raise ValueError(_("This can't be paid in %(currency)s.") % {"currency": currency.upper()})
    return int(amount)


def to_major(amount: int, currency: str) -> Decimal:
    """Return Stripe's integer ``amount`` in the currency's usual unit: 1250 of EUR is 12.50."""
    return Decimal(amount).scaleb(-exponent(currency))


def minimum_charge(currency: str) -> int:
    """Return what Stripe charges at least, in minor units."""
    return MINIMUM.get(currency, 1)


def require_chargeable(amount: int, currency: str) -> None:
    """Raise ``ValueError``, with a sentence, if Stripe would not charge ``amount`` minor units."""
    if amount > MAXIMUM:
        raise ValueError(_("Stripe charges %(most)s at most.") % {"most": format_money(MAXIMUM, currency)})
    if amount < minimum_charge(currency):
        words = _("Stripe charges %(least)s at least.")
        raise ValueError(words % {"least": format_money(minimum_charge(currency), currency)})
    if amount % increment(currency):
        raise ValueError(_("This can't be paid in %(currency)s.") % {"currency": currency.upper()})


def format_money(amount: int, currency: str) -> str:
    """Return ``amount`` as a person reads it in the active language: ``€42.00``, ``42,00 €``."""
    return _format(amount, currency, to_locale(get_language() or settings.LANGUAGE_CODE))


@lru_cache(maxsize=4096)  # A seat map says few prices many times.
def _format(amount: int, currency: str, locale: str) -> str:
    digits = 0 if currency in WHOLE_UNITS_ONLY else exponent(currency)
    # Babel knows a currency's decimals too, but Stripe differs in some, and Stripe's are what is charged.
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = re.sub(r"0\.0+", "0." + "0" * digits if digits else "0", pattern)
    if get_currency_symbol(currency.upper(), locale)[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    value = to_major(amount, currency)
    return format_currency(value, currency.upper(), pattern, locale=locale, currency_digits=False)
