from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.assets import asset_library

register = template.Library()


@register.simple_tag
def module(name: str) -> SafeString:
    """Load the JavaScript module ``name``, and preload its imports so that they arrive in parallel."""
    first, *imported = asset_library().modules(name)
    preloads = format_html_join("", '<link rel="modulepreload" href="{}">', ((it.url,) for it in imported))
    return format_html('{}<script type="module" src="{}"></script>', preloads, first.url)
