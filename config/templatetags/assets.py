from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.assets import library

register = template.Library()


@register.simple_tag
def module(name: str) -> SafeString:
    """Run the module ``name``, and let the browser fetch it and all it imports at once, not one by one."""
    first, *imported = library().modules(name)
    preloads = format_html_join("", '<link rel="modulepreload" href="{}">', ((it.url,) for it in imported))
    return format_html('{}<script type="module" src="{}"></script>', preloads, first.url)
