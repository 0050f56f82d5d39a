from typing import NamedTuple
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from bookings.documents.posters import HEIGHT, WIDTH, poster_of
from bookings.models import Event
from branding.colours import by_day
from branding.models import Picture, shop

register = template.Library()

MAIL_WIDTH = 560  # px
LOGO_HEIGHT = 40  # px, at most
SHARP = 2  # pixels of a screen for one of a mail


class House(NamedTuple):
    """How the shop looks in a mail. Its colours are safe in the dark too: what is on them has its own."""

    name: str
    site_url: str
    brand: str
    on_brand: str
    action: str
    on_action: str
    logo_url: str
    logo_width: int
    logo_height: int


class Shown(NamedTuple):
    """A picture in a mail: its whole address, and its size in px."""

    url: str
    width: int
    height: int


@register.simple_tag
def house() -> House:
    """Return how the shop looks: ``{% house as house %}``."""
    look = shop()
    colours = by_day(look.brand_colour, look.action_colour)
    logo_url, width, height = _logo(look.logo) if look.logo else ("", 0, 0)
    return House(
        look.name,
        settings.SITE_URL,
        colours.brand,
        colours.on_brand,
        colours.action,
        colours.on_action,
        logo_url,
        width,
        height,
    )


def _logo(logo: Picture) -> tuple[str, int, int]:
    height = min(LOGO_HEIGHT, logo.height)
    width = max(1, round(logo.width * height / logo.height))
    return settings.SITE_URL + logo.url(_sharp(logo, width)), width, height


def _sharp(picture: Picture, width: int) -> int:
    """Return the smallest of its sizes that is sharp when it is shown so wide, else the largest."""
    return min((size for size in picture.sizes if size >= SHARP * width), default=picture.width)


@register.simple_tag
def picture_of(event: Event) -> Shown | None:
    """Return the event's picture, or the one drawn for it; None for a draft, which nobody may fetch."""
    if event.is_draft:
        return None
    if picture := event.pictured.picture:
        height = round(picture.height * MAIL_WIDTH / picture.width)
        return Shown(settings.SITE_URL + picture.url(_sharp(picture, MAIL_WIDTH)), MAIL_WIDTH, height)
    query = urlencode({"language": get_language() or settings.LANGUAGE_CODE, "v": poster_of(event).tag})
    address = reverse("bookings:event-picture", args=[event.slug])
    return Shown(f"{settings.SITE_URL}{address}?{query}", MAIL_WIDTH, round(HEIGHT * MAIL_WIDTH / WIDTH))
