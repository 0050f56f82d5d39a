from decimal import Decimal

import pytest
from django.utils import translation

from bookings.money import (
    MAXIMUM,
    MINIMUM,
    exponent,
    format_money,
    increment,
    require_chargeable,
    to_major,
    to_minor,
)

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        ("12.50", "eur", 1250),
        ("0.01", "usd", 1),
        ("1250", "jpy", 1250),
        ("500", "xof", 500),
        ("12.500", "kwd", 12500),
        ("12.51", "kwd", 12510),
        ("5", "isk", 500),
        ("3800", "ugx", 380000),
        ("175", "huf", 17500),
        ("10.5", "twd", 1050),
    ],
)
def test_amounts_are_stripes_integers(value: str, currency: str, amount: int) -> None:
    assert to_minor(Decimal(value), currency) == amount
    assert to_major(amount, currency) == Decimal(value)


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("12.505", "eur"),
        ("1.5", "jpy"),
        ("12.505", "kwd"),
        ("12.5001", "kwd"),
        ("5.5", "isk"),
        ("1.01", "ugx"),
    ],
)
def test_an_amount_that_the_currency_cannot_express_is_refused(value: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency.upper()):
        to_minor(Decimal(value), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (4200, "eur", "€42.00"),
        (99, "gbp", "£0.99"),
        (123456, "eur", "€1,234.56"),
        (1250, "jpy", "JP¥1,250"),
        (12500, "kwd", "KWD 12.500"),
        (500, "isk", "ISK 5"),
        (380000, "ugx", "UGX 3,800"),
        (17500, "huf", "HUF 175.00"),
        (1999, "chf", "CHF 19.99"),
        (150_000_000, "idr", "IDR 1,500,000.00"),
        (999_999_999_999, "jpy", "JP¥999,999,999,999"),
        (999_999_999_990, "kwd", "KWD 999,999,999.990"),
    ],
)
def test_money_is_written_as_people_read_it(amount: int, currency: str, text: str) -> None:
    assert format_money(amount, currency) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (4200, "eur", "42,00 €"),
        (123456, "eur", "1.234,56 €"),
        (1250, "jpy", "1.250 ¥"),
        (12500, "kwd", "12,500 KWD"),
        (500, "isk", "5 ISK"),
        (1999, "chf", "19,99 CHF"),
    ],
)
def test_germans_read_money_their_way(amount: int, currency: str, text: str) -> None:
    with translation.override("de"):
        assert format_money(amount, currency) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize("currency", ["eur", "idr", "jpy", "kwd", "ugx", "cop", "inr"])
def test_a_card_can_carry_twelve_digits_in_every_currency(currency: str) -> None:
    most = MAXIMUM - MAXIMUM % increment(currency)
    require_chargeable(most, currency)

    with pytest.raises(ValueError, match="at most"):
        require_chargeable(most + increment(currency), currency)


def test_every_minimum_is_an_amount_that_can_be_paid() -> None:
    assert [currency for currency, least in MINIMUM.items() if least % increment(currency)] == []
    assert {exponent(currency) for currency in MINIMUM} == {0, 2}
