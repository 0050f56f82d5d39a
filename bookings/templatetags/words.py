from typing import Any

from django import template

from bookings.words import WHY_STOPPED

register = template.Library()


@register.filter
def why_stopped(reason: str) -> Any:
    """Say why a ticket isn't valid, by its ``stopped_for``; nothing if it is."""
    return WHY_STOPPED.get(reason, "")  # type: ignore[call-overload]
