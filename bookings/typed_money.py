"""
Amounts as people type them: ``25``, ``25.00``, ``25,50``, ``1.250,00``, ``€25`` or ``25 EUR``.

They are in the currency's main unit, never in minor units. What can be read in two ways is refused, and both
are named.
"""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import get_currency_symbol, list_currencies
from django import forms
from django.utils.translation import gettext as _

from bookings.money import WHOLE_UNITS_ONLY, exponent, to_major, to_minor

GROUPED = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,’ ])\d{3}(?:(?P=mark)\d{3})*")
NUMBER = re.compile(r"(?P<whole>\d[\d.,’ ]*?)(?:(?P<mark>[.,])(?P<decimals>\d+))?")
SIGN = r"[^\W\d_]{1,4}\.?|[^\w\s.,’+-]|[^\W\d_]{1,3}\$"  # a currency's code, symbol, or both
SIGNED = re.compile(rf"(?P<before>{SIGN})?\s*(?P<number>[\d.,’ –—-]+?)\s*(?P<after>{SIGN})?")
# What price lists have in place of no cents: 25,- and 25.–
DASHES = re.compile(r"[.,]\s?[-–—]{1,2}$")
LONGEST = 15  # digits
SPOKEN = {"chf": {"fr", "fr.", "sfr", "sfr."}}
LOCALES = ("en", "de", "fr", "sv", "da", "nb", "pl", "cs")  # where a currency's own sign is looked up


def readings(typed: str) -> list[Decimal]:
    """
    Return the numbers that ``typed`` can mean, without a currency: none, one, or two.

    One separator with three digits after it is either kind: ``1.250`` is 1250 or 1.25.
    """
    text = DASHES.sub("", _plain(typed))
    found = NUMBER.fullmatch(text)
    if found is None or sum(sign.isdigit() for sign in text) > LONGEST:
        return []
    whole, mark, decimals = found["whole"], found["mark"], found["decimals"]
    read = [Decimal(_digits(text))] if text.isdecimal() or GROUPED.fullmatch(text) else []
    if mark and mark not in whole and (whole.isdecimal() or GROUPED.fullmatch(whole)):
        read.append(Decimal(f"{_digits(whole)}.{decimals}"))
    return list(dict.fromkeys(read))


def read_money(typed: str, currency: str) -> int:
    """
    Return the amount that ``typed`` means in ``currency``, in minor units.

    Raise ``ValueError`` with a message for people if it is none, if it is of another currency, if the
    currency has no such amount, or if it can be read in two ways.
    """
    number = _without_sign(_plain(typed), currency)
    found = readings(number)
    if not found:
        raise ValueError(_("Enter an amount, such as %(example)s.") % {"example": _example(currency)})
    if len(found) == 1:
        return to_minor(found[0], currency)
    if shown_decimals(currency) == 0:  # Nobody types decimals of yen: 1.250 is 1250.
        return to_minor(found[0], currency)
    more, less = (f"{value.normalize():f}" for value in found)
    if len(less.partition(".")[2]) > exponent(currency):
        words = _("If %(typed)s means %(more)s, type it that way.")
    else:
        words = _("%(typed)s could be %(more)s or %(less)s. Type the one you mean.")
    raise ValueError(words % {"typed": number, "more": more, "less": less})


def readings_of_any(typed: str) -> list[Decimal]:
    """Return the numbers that ``typed`` can mean, with the sign of whatever currency."""
    found = SIGNED.fullmatch(_plain(typed))
    return readings(found["number"]) if found else []


def spell(amount: int, currency: str) -> str:
    """
    Return ``amount`` minor units as they would be typed: 2500 EUR is 25.00.

    There are two decimals at most, or the field would ask what it shows: Stripe's third one is always 0.
    """
    return f"{to_major(amount, currency):.{min(2, shown_decimals(currency))}f}"


def shown_decimals(currency: str) -> int:
    """Return the number of decimals that people read and type, which Stripe's may exceed."""
    return 0 if currency in WHOLE_UNITS_ONLY else exponent(currency)


def _example(currency: str) -> str:
    return f"{Decimal(25):.{min(2, shown_decimals(currency))}f}"


def _plain(typed: str) -> str:
    """Return ``typed`` with one kind of digits, spaces and apostrophes."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", typed).replace("'", "’")).strip()


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _without_sign(text: str, currency: str) -> str:
    """Return ``text`` without the currency's code or symbol; raise ``ValueError`` if it has another's."""
    bare = _strip(text, signs_of(currency))
    found = SIGNED.fullmatch(bare)
    if found and (sign := found["before"] or found["after"]) and sign.casefold() in _all_signs():
        raise ValueError(_("Enter the amount in %(currency)s.") % {"currency": currency.upper()})
    return bare


def _strip(text: str, signs: frozenset[str]) -> str:
    """Return ``text`` without the longest of ``signs`` before or after it."""
    small = text.casefold()
    for sign in sorted(signs, key=len, reverse=True):
        if small.startswith(sign):
            return text[len(sign) :].strip()
        if small.endswith(sign):
            return text[: -len(sign)].strip()
    return text


@lru_cache
def _all_signs() -> frozenset[str]:
    return frozenset().union(*(signs_of(code.lower()) for code in list_currencies("en")))


@lru_cache(maxsize=512)
def signs_of(currency: str) -> frozenset[str]:
    """Return what ``currency`` is called in front of an amount, or behind it, in small letters."""
    symbols = {_plain(get_currency_symbol(currency.upper(), locale)) for locale in LOCALES}
    bare = {re.sub(r"[A-Z]", "", symbol).strip() for symbol in symbols}
    return frozenset(
        sign.casefold() for sign in {currency, *symbols, *bare, *SPOKEN.get(currency, set())} if sign
    )


class MoneyField(forms.CharField):
    """
    An amount as people type it, cleaned to minor units of ``currency``, which the form sets.

    It shows amounts in the same way. ``check`` is called with the amount and the currency, and may raise
    ``ValueError``: ``bookings.money.require_chargeable`` for what Stripe must be able to charge.
    """

    def __init__(self, *args: Any, currency: str = "", check: Any = None, **kwargs: Any) -> None:
        self.currency, self.check = currency, check
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(*args, **kwargs)

    def of(self, currency: str) -> None:
        """Set the currency, and say in the help which it is."""
        self.currency = currency
        example = {"currency": currency.upper(), "example": _example(currency)}
        self.help_text = self.help_text or _("In %(currency)s, such as %(example)s.") % example

    def prepare_value(self, value: Any) -> Any:
        return spell(value, self.currency) if isinstance(value, int) and self.currency else value

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        if not typed:
            return None
        try:
            amount = read_money(typed, self.currency)
            if self.check:
                self.check(amount, self.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True
