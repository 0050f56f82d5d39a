from django import template

from bookings.models import Event, EventChange, EventStatus

register = template.Library()


@register.simple_tag
def change_of(event: Event) -> EventChange | None:
    """Return the last move of ``event``, or that it was called off; None if it is as it was announced."""
    if event.status == EventStatus.SCHEDULED:
        return None
    return EventChange.objects.newest_of(event)
