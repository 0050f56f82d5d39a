"""
An event's times in words, in the active language and as the clock at the venue shows them.

Each is written in one of the styles of ``config.i18n.formats``. The zone is named where readers may think of
another: beside each deadline, where the shop's own clock shows something else, and in the hour that comes
twice. On pages, ``static/js/shared/zones.js`` names it as well for a reader whose own clock differs.
"""

from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bookings.when.zones import is_shops, is_shown_twice, name_zone, zone_of

DEADLINE = "_WITH_ZONE"  # what the names of styles for deadlines end in
LONGEST_EVENING = timedelta(hours=12)  # A night that ends in the morning is told by its beginning.


class Occasion(Protocol):
    """What has a beginning and an end in a time zone: an event, or a row that was read with its columns."""

    starts_at: datetime
    ends_at: datetime
    time_zone: str


def spell(at: datetime, style: str, zone_name: str, *, names_zone: bool = True) -> str:
    """
    Return ``at`` in words, in the zone of that name; an empty one means the shop's.

    Without ``names_zone``, what follows says which zone it is.
    """
    zone = zone_of(zone_name)
    local, is_far, is_twice = at.astimezone(zone), not is_shops(at, zone), is_shown_twice(at, zone)
    base, is_deadline = style.removesuffix(DEADLINE), style.endswith(DEADLINE)
    if is_deadline and not is_far and not is_twice and _has_abbreviation(local):
        return date_format(local, style)
    notes = [_abbreviate(local)] if is_twice else []
    if names_zone and _has_hour(style) and (is_far or (is_deadline and not is_twice)):
        notes.append(name_zone(zone))
    words = date_format(local, base)
    return f"{words} ({', '.join(notes)})" if notes else words


def show(at: datetime, style: str, zone_name: str, *, names_zone: bool = True) -> SafeString:
    """Return what ``spell`` does, as HTML."""
    local = at.astimezone(zone_of(zone_name))
    words = spell(at, style, zone_name, names_zone=names_zone)
    time = format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), words)
    is_named = not names_zone or style.endswith(DEADLINE)
    return time if is_named or not _has_hour(style) else time + _elsewhere(local)


def spell_span(occasion: Occasion, style: str) -> str:
    """Return when ``occasion`` begins, and when it ends if that is another day."""
    zone = occasion.time_zone
    if not lasts_days(occasion):
        return spell(occasion.starts_at, style, zone)
    begins = spell(occasion.starts_at, style, zone, names_zone=False)
    return f"{begins} – {spell(occasion.ends_at, style, zone)}"


def show_span(occasion: Occasion, style: str) -> SafeString:
    """Return what ``spell_span`` does, as HTML."""
    if not lasts_days(occasion):
        return show(occasion.starts_at, style, occasion.time_zone)
    return _from_to(occasion, style, style)


def show_hours(occasion: Occasion) -> SafeString:
    """
    Return the day, and from when to when, as HTML; both days, if the end is on another one.

    The year is left out: beside it is the calendar's leaf.
    """
    zone = zone_of(occasion.time_zone)
    starts_at = occasion.starts_at.astimezone(zone)
    if starts_at.date() != occasion.ends_at.astimezone(zone).date():
        return _from_to(occasion, "WEEKDAY_DAY_TIME", "WEEKDAY_DAY_TIME")
    day, hours = date_format(starts_at, "WEEKDAY_DAY"), _from_to(occasion, "SPAN_START", "TIME")
    return format_html('{}, <span class="unbroken">{}</span>', day, hours)


def show_before(at: datetime, occasion: Occasion) -> SafeString:
    """Return a time before ``occasion`` as HTML, with its day if that is another one."""
    zone = zone_of(occasion.time_zone)
    is_same_day = at.astimezone(zone).date() == occasion.starts_at.astimezone(zone).date()
    return show(at, "TIME" if is_same_day else "WEEKDAY_DAY_TIME", occasion.time_zone, names_zone=False)


def lasts_days(occasion: Occasion) -> bool:
    """Whether ``occasion`` ends on another day; a night that ends in the morning doesn't."""
    zone = zone_of(occasion.time_zone)
    is_next = occasion.starts_at.astimezone(zone).date() != occasion.ends_at.astimezone(zone).date()
    return is_next and occasion.ends_at - occasion.starts_at > LONGEST_EVENING


def _from_to(occasion: Occasion, style: str, last_style: str) -> SafeString:
    zone = occasion.time_zone
    begins = show(occasion.starts_at, style, zone, names_zone=False)
    return format_html("{} – {}", begins, show(occasion.ends_at, last_style, zone))


def _has_hour(style: str) -> bool:
    return "TIME" in style or style == "SPAN_START"


def _has_abbreviation(local: datetime) -> bool:
    """Whether the zone has one, such as CEST. Those of many are only a number, such as -03."""
    return f"{local:%Z}".isalpha()


def _abbreviate(local: datetime) -> str:
    return f"{local:%Z}" if _has_abbreviation(local) else f"UTC{local.isoformat()[-6:]}"


def _elsewhere(local: datetime) -> SafeString:
    """Return the zone's name for readers whose own clock shows something else, unless it is there already."""
    zone = local.tzinfo
    if not isinstance(zone, ZoneInfo) or not is_shops(local, zone):
        return mark_safe("")
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    return format_html('<zone-name hidden data-offset="{}"> ({})</zone-name>', minutes, name_zone(zone))
