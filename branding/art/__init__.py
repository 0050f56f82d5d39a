"""The picture of an event that has none: the same for the same title, in the shop's two colours."""

import hashlib
from functools import lru_cache
from random import Random

from django.urls import reverse

from branding.art.compositions import COMPOSITIONS
from branding.art.tints import schemes_of
from branding.models import shop
from branding.stylesheet import version_of

KEPT = 200  # drawings of 4 kB at most


def seed_of(title: str) -> str:
    """Return what a title's picture is drawn from. All dates of one production have one title."""
    return hashlib.sha256(title.casefold().encode(errors="surrogatepass")).hexdigest()[:12]


def art_url(title: str) -> str:
    """Return the address of the picture drawn for ``title``, in the shop's colours."""
    seed, look = seed_of(title), shop()
    drawing = draw(seed, look.brand_colour, look.action_colour)
    parts = [seed, look.brand_colour[1:], look.action_colour[1:], version_of(drawing)]
    return reverse("branding:art", args=parts)


@lru_cache(KEPT)
def draw(seed: str, brand: str, action: str) -> str:
    """Return an SVG of 16:9, drawn from ``seed``, 12 hexadecimal digits; always the same one."""
    chance = Random(int(seed, 16))  # noqa: S311
    compose = COMPOSITIONS[int(seed[:4], 16) % len(COMPOSITIONS)]
    schemes = schemes_of(brand, action)
    scheme = schemes[int(seed[4:8], 16) % len(schemes)]
    shapes = "".join(compose(chance, scheme))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" width="1600" height="900">'
        f'<path fill="{scheme.ground}" d="M0 0h1600v900H0z"/>{shapes}</svg>'
    )
