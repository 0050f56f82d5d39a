"""
Stripe's currencies: minor units, smallest and largest charges, and formatting.

https://docs.stripe.com/currencies
"""

from decimal import Decimal

from sandbox.core.errors import StripeError
from sandbox.core.words import words

KNOWN = frozenset(
    words("""
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd cad
    cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl
    hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga
    mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron
    rsd rub rwf sar sbd scr sek sgd shp sle sos srd std svc szl thb tjs tnd top try ttd twd tzs uah ugx usd
    uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
    """)
)
ZERO_DECIMAL = frozenset(words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"))
THREE_DECIMAL = frozenset(words("bhd jod kwd omr tnd"))
WHOLE_ONLY = frozenset(words("isk ugx"))  # sent with two decimals, which must be 00

SMALLEST = {
    **dict.fromkeys(words("usd aud brl cad chf eur nzd sgd inr ars cop idr ils php rub zar"), 50),
    **dict.fromkeys(words("aed myr pln ron"), 200),
    **dict.fromkeys(words("jpy krw"), 50),
    **dict.fromkeys(words("nok sek"), 300),
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "mxn": 1000,
    "thb": 1000,
}
# The largest amounts have this many digits.
CARD_DIGITS = 12
DIGITS = {"idr": 12, "cop": 10, "inr": 9}  # of everything but cards, as USUAL_DIGITS is
USUAL_DIGITS = 8

SYMBOLS = {
    "eur": "€",
    "usd": "$",
    "gbp": "£",
    "jpy": "¥",
    "inr": "₹",
    "aud": "A$",
    "cad": "CA$",
    "nzd": "NZ$",
}


def decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def largest(currency: str, *, card: bool = True) -> int:
    """Return the largest amount that a card can pay, or else any other method."""
    return int(10 ** (CARD_DIGITS if card else DIGITS.get(currency, USUAL_DIGITS))) - 1


def check_currency(currency: str, param: str) -> str:
    """Return the currency in lower case; raise ``StripeError`` for one that Stripe doesn't support."""
    if currency.lower() not in KNOWN:
        raise StripeError(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(KNOWN))}",
            param=param,
        )
    return currency.lower()


def step(currency: str) -> int:
    """Return what every amount must be a multiple of."""
    return 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_ONLY else 1


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raise ``StripeError`` for an amount that is too large or can't be charged in this currency."""
    if amount % step(currency):
        raise StripeError(
            f"Invalid amount: {amount} {currency.upper()} must be a multiple of {step(currency)}.",
            param=param,
        )
    if amount > largest(currency):
        raise StripeError(too_large(largest(currency), currency), code="amount_too_large", param=param)


def too_large(most: int, currency: str) -> str:
    return f"Amount must be no more than {formatted(most, currency)}."


def check_total(total: int, currency: str) -> None:
    """Raise ``StripeError`` for a Checkout total below Stripe's minimum (zero is allowed) or too large."""
    if 0 < total < SMALLEST.get(currency, 1):
        raise StripeError(
            "The Checkout Session's total amount due must add up to at least "
            f"{formatted(SMALLEST[currency], currency)} {currency}",
            code="amount_too_small",
            param="line_items",
        )
    check_amount(total, currency, "line_items")


def formatted(amount: int, currency: str) -> str:
    """Return an amount in minor units as text: ``€42.00``, ``¥1,250``, ``KWD 12.500``."""
    places = decimals(currency)
    number = f"{Decimal(amount).scaleb(-places):,.{places}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{currency.upper()} {number}"
