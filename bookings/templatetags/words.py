from typing import Any

from django import template

from bookings.messages import WHY_STOPPED, marks

register = template.Library()


@register.filter
def why_stopped(reason: str) -> Any:
    """Return why a ticket isn't valid, given its ``stopped_for``; empty if it is valid."""
    return WHY_STOPPED.get(reason, "")  # type: ignore[call-overload]


@register.simple_tag
def stop_marks() -> dict[str, str]:
    """Return the label shown in place of a stopped ticket's QR code, by the sentence that explains why."""
    return marks()


@register.filter
def mark(why: str | None) -> str:
    """Return the label shown in place of the QR code, given the sentence that explains why; else empty."""
    return marks().get(str(why), "")
