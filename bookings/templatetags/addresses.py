from django import template

from bookings.addresses.normal_form import readable

register = template.Library()


@register.filter
def address(email: str) -> str:
    """Return an address as people read it: ``ada@xn--bcher-kva.example`` is ``ada@bücher.example``."""
    return readable(email or "")
