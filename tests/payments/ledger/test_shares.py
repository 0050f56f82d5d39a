"""What a discount or a tax leaves of each ticket's price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.ledger.shares import shares


@pytest.mark.parametrize(
    ("total", "prices", "unit", "parts"),
    [
        (8400, [4200, 4200], 1, [4200, 4200]),
        (7560, [4200, 4200], 1, [3780, 3780]),
        (100, [1, 1, 1], 1, [34, 33, 33]),
        (101, [1, 1, 1], 1, [34, 34, 33]),
        (5000, [4200, 3200], 1, [2838, 2162]),
        (9996, [4200, 4200], 1, [4998, 4998]),
        (50, [30_000, 50], 1, [50, 0]),
        (0, [4200, 3200], 1, [0, 0]),
        (25_010, [12_500, 12_500], 10, [12_510, 12_500]),
        (1000, [500, 500, 500], 100, [400, 300, 300]),
        (1005, [500, 500, 500], 100, [405, 300, 300]),
        (999_999_999_999, [999_999_999_999] * 3, 1, [333_333_333_333] * 3),
    ],
)
def test_what_was_paid_is_parted_by_the_prices_to_the_last_unit(
    total: int, prices: list[int], unit: int, parts: list[int]
) -> None:
    assert shares(total, prices, unit=unit) == parts


@given(
    st.integers(0, 10**13),
    st.lists(st.integers(1, 10**12), min_size=1, max_size=20),
    st.sampled_from([1, 10, 100]),
)
def test_the_shares_are_the_whole_and_none_is_off_by_more_than_a_unit(
    total: int, prices: list[int], unit: int
) -> None:
    parts = shares(total, prices, unit=unit)

    assert sum(parts) == total
    off = [abs(part * sum(prices) - total * price) for part, price in zip(parts, prices, strict=True)]
    assert max(off) < 2 * unit * sum(prices)
    assert min(parts) >= 0
