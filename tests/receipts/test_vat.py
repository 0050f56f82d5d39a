"""How much of a price is tax: to the cent, in whatever steps it goes back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipts.vat import Share, at_rate, reduce, vat_in

RATES = st.sampled_from([0, 250, 700, 770, 1900, 2000, 2550])


@pytest.mark.parametrize(
    ("gross", "percent", "vat"),
    [(8400, "19", 1341), (4200, "7", 275), (1, "19", 0), (4, "19", 1), (100, "0", 0), (999, "8.1", 75)],
)
def test_what_a_price_includes(gross: int, percent: str, vat: int) -> None:
    share = at_rate(gross, Decimal(percent))

    assert (share.vat, share.net) == (vat, gross - vat)


def test_only_a_rate_of_nothing_says_why() -> None:
    assert at_rate(100, Decimal(0), "§ 19 UStG").reason == "§ 19 UStG"
    assert at_rate(100, Decimal(7), "§ 19 UStG").reason == ""


@st.composite
def purchases(draw: st.DrawFn) -> list[Share]:
    """Some shares at different rates, one of which may be a tax that Stripe has computed."""
    points = draw(st.lists(RATES, min_size=1, max_size=3, unique=True))
    amounts = draw(st.lists(st.integers(1, 10_000_000), min_size=len(points), max_size=len(points)))
    shares = [Share(rate, gross, vat_in(gross, rate)) for rate, gross in zip(points, amounts, strict=True)]
    taxed = draw(st.integers(1, 1_000_000))
    return [*shares, Share(None, taxed, taxed // 7)] if draw(st.booleans()) else shares


@given(purchases(), st.integers(0, 100))
def test_what_is_left_adds_up_at_every_rate(shares: list[Share], percent: int) -> None:
    whole = sum(share.gross for share in shares)
    left = whole * percent // 100

    rest = reduce(shares, left)

    assert sum(share.gross for share in rest) == left
    assert all(0 <= after.gross <= before.gross for before, after in zip(shares, rest, strict=True))
    assert all(0 <= after.vat <= before.vat for before, after in zip(shares, rest, strict=True))


@given(purchases())
def test_all_of_it_is_itself_and_none_of_it_is_nothing(shares: list[Share]) -> None:
    assert reduce(shares, sum(share.gross for share in shares)) == shares
    assert [(share.gross, share.vat) for share in reduce(shares, 0)] == [(0, 0)] * len(shares)
