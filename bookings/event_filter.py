from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from bookings.models import Event
from bookings.staff.access import within_scope
from bookings.when.words import spell

AHEAD, OVER = 40, 10  # events to choose from


def name_with_day(event: Event) -> str:
    """Return the title of ``event`` with its day, as a play's dates have one title."""
    return f"{event.title} · {spell(event.starts_at, 'DAY_TIME', event.time_zone)}"


class NearEventFilter(admin.RelatedFieldListFilter):
    """Filters a list by event: one of those that come next or are just over, or one that a link names."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[Any, Any]]:
        now, theirs = timezone.now(), within_scope(Event.objects.all(), request.user, "pk")
        ahead = theirs.filter(ends_at__gt=now).order_by("ends_at")[:AHEAD]
        over = theirs.filter(ends_at__lte=now).order_by("-ends_at")[:OVER]
        events = {event.pk: event for event in (*reversed(over), *ahead)}
        for named in self._named(theirs):
            events.setdefault(named.pk, named)
        return [(str(pk), name_with_day(event)) for pk, event in events.items()]

    def _named(self, theirs: models.QuerySet[Event]) -> models.QuerySet[Event]:
        """Return the event that the page's address names, if it is among ``theirs``."""
        wanted = [value for value in self.lookup_val or [] if str(value).isdecimal()]
        return theirs.filter(pk__in=wanted)
