from typing import Any

from django import template

from bookings.messages import WHY_STOPPED, marks

register = template.Library()


@register.filter
def why_stopped(reason: str) -> Any:
    """Say why a ticket isn't valid, by its ``stopped_for``; nothing if it is."""
    return WHY_STOPPED.get(reason, "")  # type: ignore[call-overload]


@register.simple_tag
def stop_marks() -> dict[str, str]:
    """Return what stands in the place of a stopped ticket's code, by the sentence that says why."""
    return marks()


@register.filter
def mark(why: str | None) -> str:
    """Say what stands in the place of a code, by why its ticket is stopped; nothing if it isn't."""
    return marks().get(str(why), "")
