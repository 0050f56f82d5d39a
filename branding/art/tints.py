"""Few tints of the shop's two colours that go together."""

from dataclasses import dataclass

from branding.colours import Lch, from_lch, mix, to_lch


@dataclass(frozen=True)
class Scheme:
    """What a picture is painted with: a ground, three tints in front of it, and one that shines."""

    ground: str
    far: str
    middle: str
    near: str
    light: str


def schemes_of(brand: str, action: str) -> list[Scheme]:
    """Return the schemes of a shop: night and day of each colour, so that not all look alike."""
    night, dusk = _shade(action, 0.24, 0.55), _shade(action, 0.34, 0.75)
    bright = min(0.85, max(0.64, to_lch(brand).lightness))
    glow = _shade(brand, bright, 1)
    cream = _shade(brand, 0.955, 0.25)
    return [
        Scheme(night, dusk, _shade(action, 0.46, 0.95), _shade(action, 0.66, 0.7), glow),
        Scheme(
            _shade(brand, bright - 0.02, 0.95),
            _shade(brand, bright + 0.06, 0.85),
            _shade(brand, bright - 0.1, 0.95),
            _shade(action, 0.38, 0.9),
            cream,
        ),
        Scheme(cream, _shade(brand, 0.91, 0.5), glow, _shade(action, 0.5, 0.85), _shade(action, 0.32, 0.8)),
        Scheme(
            _shade(action, 0.42, 0.95),
            _shade(action, 0.5, 0.85),
            _shade(action, 0.34, 0.9),
            mix(_shade(action, 0.72, 0.6), cream, 0.35),
            glow,
        ),
    ]


def _shade(colour: str, lightness: float, chroma: float) -> str:
    """Return ``colour`` with this lightness, and this share of its chroma."""
    lch = to_lch(colour)
    return from_lch(Lch(lightness, lch.chroma * chroma, lch.hue))
