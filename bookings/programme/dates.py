"""The other dates on which an event is given."""

from django.utils import timezone

from bookings.models import Event

SHOWN = 6


def other_dates(event: Event) -> list[Event]:
    """Return the next dates of the production of ``event`` besides its own; nothing if it is on its own."""
    if event.production_id is None or not event.is_listed:
        return []
    dates = Event.objects.listed().upcoming(timezone.now()).filter(production=event.production_id)
    return list(dates.exclude(pk=event.pk)[:SHOWN])
