from typing import Any

from django import template

from bookings.messages import WHY_STOPPED

register = template.Library()


@register.filter
def why_stopped(reason: str) -> Any:
    """Return why a ticket isn't valid, given its ``stopped_for``; empty if it is valid."""
    return WHY_STOPPED.get(reason, "")  # type: ignore[call-overload]
