"""
The colours of a page, derived from the shop's two: by day and by night, and always so that they can be read.

Colours are written ``#rrggbb``. They are mixed in OKLCH (https://bottosson.github.io/posts/oklab/), where
equal steps look equal, and compared by WCAG's contrast (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

READABLE = 4.5  # of text and what is behind it
SEEN = 3.0  # of an outline and what is around it
WHITE, BLACK = "#ffffff", "#000000"
HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")

# Of static/css/base/tokens.css and dark.css.
INK, INK_SOFT, PAPER, SHEET = "#1b1a17", "#57544c", "#fdfdfb", "#f4f3ee"
NIGHT, NIGHT_SHEET, NIGHT_RAISED, NIGHT_INK, NIGHT_INK_SOFT = (
    "#151517",
    "#202023",
    "#1b1b1d",
    "#f3f1ea",
    "#b7b3a9",
)

# Lightness from 0 to 1, and the share of the brand's chroma that its tint keeps.
SOFT_LIGHTNESS, SOFT_CHROMA = 0.958, 0.3
NIGHT_SOFT_LIGHTNESS, NIGHT_SOFT_CHROMA = 0.3, 0.29
NIGHT_BRAND_LIGHTNESS = 0.45  # at least, or its things would be lost in the night's paper
NIGHT_ACTION_LIGHTNESS, NIGHT_TEXT_LIGHTNESS = 0.75, 0.78  # at least
STEP = 0.004  # of lightness, while a colour is looked for that can be read


class Lch(NamedTuple):
    """A colour in OKLCH: lightness from 0 to 1, chroma from 0 to about 0.37, hue in radians."""

    lightness: float
    chroma: float
    hue: float


@dataclass(frozen=True)
class Palette:
    """The colours of the tokens of these names."""

    brand: str
    on_brand: str
    brand_soft: str
    action: str
    on_action: str
    action_text: str
    focus: str

    def declarations(self) -> Iterator[str]:
        for name, colour in vars(self).items():
            yield f"--{name.replace('_', '-')}: {colour};"


def by_day(brand: str, action: str) -> Palette:
    """Return the colours on light paper."""
    soft = _tint(brand, SOFT_LIGHTNESS, SOFT_CHROMA)
    papers = (PAPER, SHEET, WHITE, soft)
    text = _readable(action, papers, step=-STEP)
    return Palette(
        brand=brand,
        on_brand=readable_on(brand),
        brand_soft=soft,
        action=action,
        on_action=readable_on(action),
        action_text=text,
        focus=text,
    )


def by_night(brand: str, action: str) -> Palette:
    """Return the colours on dark paper."""
    soft = _tint(brand, NIGHT_SOFT_LIGHTNESS, NIGHT_SOFT_CHROMA)
    papers = (NIGHT, NIGHT_SHEET, NIGHT_RAISED, soft)
    text = _readable(_at_least(action, NIGHT_TEXT_LIGHTNESS), papers, step=STEP)
    brand, action = _at_least(brand, NIGHT_BRAND_LIGHTNESS), _at_least(action, NIGHT_ACTION_LIGHTNESS)
    return Palette(
        brand=brand,
        on_brand=readable_on(brand),
        brand_soft=soft,
        action=action,
        on_action=_on(action, NIGHT, WHITE),
        action_text=text,
        focus=text,
    )


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def parse(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#rrggbb``, from 0 to 255; raise ``ValueError`` for anything else."""
    if not (found := HEX.fullmatch(colour)):
        raise ValueError(f"{colour!r} is not a colour such as #3b2fb8.")
    red, green, blue = (int(part, 16) for part in found.groups())
    return red, green, blue


def spell(parts: tuple[int, int, int]) -> str:
    """Return ``#rrggbb`` for red, green and blue, from 0 to 255."""
    return "#{:02x}{:02x}{:02x}".format(*parts)


def readable_on(colour: str) -> str:
    """Return the ink for texts on ``colour``: dark or white, whichever is read better."""
    return _on(colour, INK, WHITE)


def mix(one: str, other: str, share: float) -> str:
    """Return ``one`` with this ``share`` of ``other``, from 0 to 1, on the straight way between them."""
    (l1, a1, b1), (l2, a2, b2) = _lab(one), _lab(other)
    lab = (l1 + (l2 - l1) * share, a1 + (a2 - a1) * share, b1 + (b2 - b1) * share)
    return from_lch(Lch(lab[0], math.hypot(*lab[1:]), math.atan2(lab[2], lab[1])))


def to_lch(colour: str) -> Lch:
    lightness, a, b = _lab(colour)
    return Lch(lightness, math.hypot(a, b), math.atan2(b, a))


def from_lch(lch: Lch) -> str:
    """Return the nearest colour of this lightness and hue that a screen can show."""
    lightness = min(1.0, max(0.0, lch.lightness))
    if _shown(parts := _to_linear(lch._replace(lightness=lightness))):
        return _spell(parts)
    low, high = 0.0, lch.chroma
    for _ in range(20):
        middle = (low + high) / 2
        is_shown = _shown(_to_linear(Lch(lightness, middle, lch.hue)))
        low, high = (middle, high) if is_shown else (low, middle)
    return _spell(_to_linear(Lch(lightness, low, lch.hue)))


def _tint(colour: str, lightness: float, chroma: float) -> str:
    lch = to_lch(colour)
    return from_lch(Lch(lightness, lch.chroma * chroma, lch.hue))


def _at_least(colour: str, lightness: float) -> str:
    lch = to_lch(colour)
    return colour if lch.lightness >= lightness else from_lch(lch._replace(lightness=lightness))


def _readable(colour: str, papers: Iterable[str], *, step: float) -> str:
    """Return ``colour``, darker or lighter by as few steps as it takes to be read on all ``papers``."""
    papers, lch, found = list(papers), to_lch(colour), colour
    while any(contrast(found, paper) < READABLE for paper in papers):
        lch = lch._replace(lightness=lch.lightness + step)
        if not 0 < lch.lightness < 1:
            return BLACK if step < 0 else WHITE
        found = from_lch(lch)
    return found


def _on(colour: str, *inks: str) -> str:
    """Return the one of ``inks`` that is read best on ``colour``; black or white, if none of them is."""
    best = max(inks, key=lambda ink: contrast(ink, colour))
    if contrast(best, colour) >= READABLE:
        return best
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, colour))


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (part / 255 for part in parse(colour))
    )
    return red, green, blue


def _lab(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _to_linear(lch: Lch) -> tuple[float, float, float]:
    a, b = lch.chroma * math.cos(lch.hue), lch.chroma * math.sin(lch.hue)
    long = (lch.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lch.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lch.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _shown(parts: Iterable[float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _spell(parts: Iterable[float]) -> str:
    curved = (
        12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        for part in (min(1.0, max(0.0, part)) for part in parts)
    )
    return "#" + "".join(f"{round(part * 255):02x}" for part in curved)
