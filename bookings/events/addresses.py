"""Find an event by the slug that it has, or that it once had."""

from collections.abc import Callable

from django.db.models import Exists, OuterRef

from bookings.models import Event, EventAddress, Seat
from bookings.models.event import EventQuerySet


def public_events() -> EventQuerySet:
    """Return the events that customers can see, each with whether it ``has_seats``."""
    return Event.objects.public().annotate(has_seats=Exists(Seat.objects.filter(event=OuterRef("pk"))))


def find_event(slug: str, among: Callable[[], EventQuerySet] = public_events) -> Event | None:
    """Return the event ``among`` these with this slug, or that had it before; None if there is none."""
    found = among().filter(slug=slug).first()
    return found or among().filter(pk__in=EventAddress.objects.filter(slug=slug).values("event")).first()


def owner_of(slug: str, *, besides: Event) -> Event | None:
    """Return the other event that this ``slug`` leads to, now or from before."""
    address = EventAddress.objects.filter(slug=slug).exclude(event=besides.pk).select_related("event").first()
    return address.event if address else None
