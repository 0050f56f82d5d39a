from typing import Any

from django import template

from bookings.models import Event, Production
from branding.art import art_url
from branding.templatetags.branding import picture

register = template.Library()


@register.inclusion_tag("bookings/_event_picture.html")
def event_picture(
    event: Event | Production, sizes: str = "100vw", css: str = "", *, lazy: bool = True
) -> dict[str, Any]:
    """
    Show the picture of ``event``, or of its production, or one that is drawn; arguments as of ``picture``.

    Both are cut to 16:9 where ``css`` doesn't say otherwise.
    """
    shown = event.pictured if isinstance(event, Event) else event
    if shown.picture:
        uploaded = picture(shown.picture, sizes, shown.picture_alt, css, lazy=lazy)
        return {"uploaded": uploaded, "css": css, "lazy": lazy}
    return {"uploaded": None, "url": art_url(event.title), "css": css, "lazy": lazy}
