from django import template
from django.template.engine import Engine

from bookings.web.slots import template_for

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: template.Context, name: str, *, otherwise: str = "") -> str:
    """Show what another app has registered for this place, or ``otherwise``; see ``bookings.web.slots``."""
    filling = template_for(name) or otherwise
    if not filling:
        return ""
    with context.push():
        return Engine.get_default().get_template(filling).render(context)
