"""An event's times in words; see ``bookings.when.words``."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django import template
from django.utils.safestring import SafeString

from bookings.when import words
from bookings.when.zones import zone_of

register = template.Library()


@register.simple_tag
def when(at: datetime, style: str, zone: str) -> SafeString:
    """Show a time in the zone of its event: ``{% when event.sales_from "DAY_TIME" event.time_zone %}``."""
    return words.show(at, style, zone)


@register.simple_tag
def when_words(at: datetime, style: str, zone: str) -> str:
    """Return what ``when`` shows as plain text, for mails."""
    return words.spell(at, style, zone)


@register.simple_tag
def held(event: Any, style: str) -> SafeString:
    """Show when an event is: its beginning, and its end if it lasts for days."""
    return words.show_span(_occasion(event), style)


@register.simple_tag
def held_words(event: Any, style: str) -> str:
    """Return what ``held`` shows as plain text, for mails."""
    return words.spell_span(_occasion(event), style)


@register.simple_tag
def hours(event: Any) -> SafeString:
    """Show the day of an event, and from when to when it is."""
    return words.show_hours(_occasion(event))


@register.simple_tag
def doors(event: Any) -> SafeString:
    """Show when the doors of an event open."""
    return words.show_before(event.doors_open_at, event)


@register.filter
def there(at: datetime, zone: str) -> datetime:
    """Return a time in the zone of its event, for a filter that doesn't name the zone."""
    return _Local.fromtimestamp(at.timestamp(), zone_of(zone))


class _Local(datetime):
    """A time that the template engine doesn't convert to the shop's zone."""

    convert_to_local_time = False


def _occasion(event: Any) -> words.Occasion:
    """Return the times of ``event``, which may also be an entry of ``payments.status.bookings``."""
    return SimpleNamespace(**event) if isinstance(event, dict) else event
