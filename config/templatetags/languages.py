from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language

register = template.Library()


@register.inclusion_tag("_languages.html", takes_context=True)
def language_switch(context: template.Context, page: str = "") -> dict[str, Any]:
    """
    Offer the languages; choosing one comes back to this page, query and all.

    A page that also answers forms, at an address that only takes forms, names itself by ``page`` for then.
    """
    request = context.get("request")
    if request and (request.method == "GET" or not page):
        page = request.get_full_path()
    return {"languages": settings.LANGUAGES, "current": get_language(), "page": page}
