from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language

register = template.Library()


@register.inclusion_tag("_languages.html", takes_context=True)
def language_switch(context: template.Context, page: str = "") -> dict[str, Any]:
    """
    Render the language menu. Choosing a language returns to the current page with its query.

    If the current request isn't a GET, it returns to ``page``.
    """
    request = context.get("request")
    if request and (request.method == "GET" or not page):
        page = request.get_full_path()
    return {"languages": settings.LANGUAGES, "current": get_language(), "page": page}
