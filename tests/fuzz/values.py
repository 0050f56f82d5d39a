"""Values that programs stumble over."""

import random
from typing import Any

LARGE = "x" * 20_000
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\r\nSet-Cookie: a=b",
    "line\nbreak",
    "\u2028\u202e\ufeff",
    "\U0001d56c\U0010ffff",
    "\uff21-\uff11",
    "%00",
    "%s%(x)d{0}",
    "../../etc/passwd",
    "a/b?c=d#e",
    "' OR 1=1; --",
    '"><script>alert(1)</script>',
    "{{7*7}}{% load x %}",
    "null",
    "true",
    "-1",
    "0",
    "٣",
    "1e999",
    "9" * 30,
    "9" * 5_000,
    "2026-13-45T99:99:99Z",
    "ada@example.com, eve@example.com",
    "a@b\r\nBcc: eve@example.com",
    "cs_test_" + "a" * 300,
    LARGE,
]
NUMBERS = [0, -1, 1, True, False, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, 0.1, -0.0, 1e308]
# json writes these as NaN and Infinity, which Stripe never sends and Python reads.
NO_NUMBERS = [float("nan"), float("inf"), float("-inf")]
SHAPES: list[Any] = [None, [], {}, [[]], [None], {"": ""}, {"id": {}}, {"object": []}, [{}] * 500]


class Deep:
    """Stands for lists in lists, deeper than any parser goes; ``told`` puts them into JSON."""

    MARK = "<deep>"


def odd(dice: random.Random) -> Any:
    """Return a value of any type."""
    kind = dice.random()
    if kind < 0.45:
        return dice.choice(TEXTS)
    if kind < 0.70:
        return dice.choice(NUMBERS)
    if kind < 0.74:
        return dice.choice(NO_NUMBERS)
    if kind < 0.98:
        return dice.choice(SHAPES)
    return Deep.MARK


def told(encoded: str, dice: random.Random) -> str:
    """Return JSON with its marks replaced by lists in lists."""
    depth = dice.choice([20, 900, 5_000, 100_000])
    return encoded.replace(f'"{Deep.MARK}"', "[" * depth + "]" * depth)
