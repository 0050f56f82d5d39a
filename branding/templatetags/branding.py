from typing import Any

from django import template
from django.urls import reverse

from branding.models import ACTION, BRAND, Picture, Shop
from branding.models import shop as current_shop
from branding.stylesheet import sheet_of, version_of

register = template.Library()


@register.simple_tag
def shop() -> Shop:
    """Return the shop: ``{% shop as shop %}``."""
    return current_shop()


@register.inclusion_tag("branding/_stylesheet.html")
def shop_stylesheet() -> dict[str, Any]:
    """Link the sheet of a shop that has colours of its own, after all others."""
    look = current_shop()
    brand, action = look.brand_colour, look.action_colour
    if (brand, action) == (BRAND, ACTION):
        return {"url": ""}
    version = version_of(sheet_of(brand, action))
    return {"url": reverse("branding:stylesheet", args=[brand[1:], action[1:], version])}


@register.inclusion_tag("branding/_picture.html")
def picture(
    picture: Picture, sizes: str = "100vw", alt: str = "", css: str = "", *, lazy: bool = True
) -> dict[str, Any]:
    """
    Show an uploaded picture: each browser takes the smallest file that is good enough for it.

    ``sizes`` is how wide it is shown, as of ``<img sizes>``. Without ``lazy``, it is loaded at once: for
    what is in sight when a page opens.
    """
    *modern, (fallback, _type) = picture.formats.items()
    return {
        "picture": picture,
        "sources": [{"type": kind, "srcset": _srcset(picture, ending)} for ending, kind in modern],
        "srcset": _srcset(picture, fallback),
        "sizes": sizes,
        "alt": alt,
        "css": css,
        "lazy": lazy,
    }


def _srcset(picture: Picture, ending: str) -> str:
    return ", ".join(f"{picture.url(width, ending)} {width}w" for width in picture.sizes)
