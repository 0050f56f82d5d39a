from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language

register = template.Library()


@register.inclusion_tag("_languages.html", takes_context=True)
def language_switch(context: template.Context, page: str = "") -> dict[str, Any]:
    """
    Offer the languages; choosing one comes back to ``page``, this one unless told otherwise.

    A page that answers a form at an address of its own has to name another, which can be asked for again.
    """
    request = context.get("request")
    return {
        "languages": settings.LANGUAGES,
        "current": get_language(),
        "page": page or (request.get_full_path() if request else ""),
    }
