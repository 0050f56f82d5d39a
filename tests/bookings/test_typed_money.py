"""Money as people type it: read once, in the currency's main unit, and never guessed."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.money import MINIMUM, THREE_DECIMAL, WHOLE_UNITS_ONLY, ZERO_DECIMAL, format_money, increment
from bookings.typed_money import MoneyField, read_money, readings, spell

CURRENCIES = ["eur", "usd", "chf", *sorted(ZERO_DECIMAL), *sorted(THREE_DECIMAL), *sorted(WHOLE_UNITS_ONLY)]


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("25", 2500),
        ("25.00", 2500),
        ("25,50", 2550),
        ("25.5", 2550),
        ("1250", 125_000),
        ("1.250,00", 125_000),
        ("1,250.00", 125_000),
        ("1 250", 125_000),
        ("1\N{NO-BREAK SPACE}250,5", 125_050),
        ("1'250.50", 125_050),
        ("1.250.000", 125_000_000),
        ("€25", 2500),
        ("25 €", 2500),
        ("EUR 25,00", 2500),
        ("25 eur", 2500),
        ("25,-", 2500),
        ("25.–", 2500),
        ("\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT FIVE}", 2500),
        ("  25 ", 2500),
        ("0", 0),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, amount: int) -> None:
    assert read_money(typed, "eur") == amount


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("1.250", "jpy", 1250),  # Yen have no decimals, so it can only be one thing.
        ("25.00", "jpy", 25),
        ("¥25", "jpy", 25),
        ("1.250", "isk", 125_000),
        ("5", "isk", 500),
        ("12.5", "kwd", 12_500),
        ("0.250", "kwd", 250),
        ("1.250,000", "kwd", 1_250_000),
        ("$25", "usd", 2500),
        ("25 kr", "sek", 2500),
        ("Fr. 25", "chf", 2500),
    ],
)
def test_each_currency_has_its_own_decimals_and_signs(typed: str, currency: str, amount: int) -> None:
    assert read_money(typed, currency) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("1.250", "eur", "1.250 could be 1250 or 1.25. Type the one you mean."),
        ("1,250", "eur", "1,250 could be 1250 or 1.25. Type the one you mean."),
        ("1.250", "kwd", "1.250 could be 1250 or 1.25. Type the one you mean."),
        ("1.255", "eur", "If 1.255 means 1255, type it that way."),
        ("$25", "eur", "Enter the amount in EUR."),
        ("25 CHF", "eur", "Enter the amount in EUR."),
        ("25.5", "jpy", "This can't be paid in JPY."),
        ("1.2555", "eur", "This can't be paid in EUR."),
        ("12.55", "isk", "This can't be paid in ISK."),
        *(
            (odd, "eur", "Enter an amount, such as 25.00.")
            for odd in ("", "cheap", "-5", "1e3", "1.25.00", "5%")
        ),
        ("many", "jpy", "Enter an amount, such as 25."),
    ],
)
def test_what_is_none_or_could_be_two_is_refused_with_words(typed: str, currency: str, words: str) -> None:
    with pytest.raises(ValueError, match="^" + words.replace(".", r"\.").replace("?", r"\?")):
        read_money(typed, currency)


@given(st.sampled_from(CURRENCIES), st.integers(min_value=0, max_value=10**9))
def test_what_is_shown_can_be_typed_again(currency: str, units: int) -> None:
    amount = units * increment(currency)

    assert read_money(spell(amount, currency), currency) == amount


@given(st.sampled_from([*CURRENCIES, *MINIMUM]), st.integers(min_value=0, max_value=10**9))
def test_what_a_page_says_can_be_typed(currency: str, units: int) -> None:
    amount = units * increment(currency)

    shown = format_money(amount, currency)

    assert currency in THREE_DECIMAL or read_money(shown, currency) == amount


@given(st.text(max_size=20))
def test_nothing_typed_breaks_it(typed: str) -> None:
    assert all(isinstance(number, Decimal) for number in readings(typed))
    with suppress(ValueError):  # whose words are tested above
        assert read_money(typed, "eur") >= 0


def test_a_field_shows_and_compares_what_it_cleans() -> None:
    field = MoneyField()
    field.of("eur")

    assert field.prepare_value(2550) == "25.50"
    assert field.clean("25,5") == 2550
    assert not field.has_changed(2550, "25,50")
    assert field.has_changed(2550, "2550")
    assert field.help_text == "In EUR, such as 25.00."
