"""The sheet of a shop with colours of its own: tokens that come after those of ``static/css/base``."""

import hashlib
from functools import lru_cache

from branding.colours import Palette, by_day, by_night

KEPT = 100  # sheets of half a kilobyte


@lru_cache(KEPT)
def sheet_of(brand: str, action: str) -> str:
    """Return the style sheet for these two colours."""
    day, night = _block(by_day(brand, action)), _block(by_night(brand, action))
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n:root:not(.in-light) {night}\n}}"
    return f":root {day}\n{dark}\n.in-dark {night}\n"


def version_of(text: str) -> str:
    """Return a short digest of what an address leads to, so that another text has another address."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _block(palette: Palette) -> str:
    return "{ " + " ".join(palette.declarations()) + " }"
