"""The picture of an event that has none: the same for the same title, in the shop's two colours."""

import hashlib
from functools import lru_cache

from django.urls import reverse

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
    size = int(seed[:2], 16) + 100
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900">'
        f'<path fill="{brand}" d="M0 0h1600v900H0z"/>'
        f'<circle cx="1100" cy="500" r="{size}" fill="{action}"/></svg>'
    )
