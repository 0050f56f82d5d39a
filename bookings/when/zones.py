"""Time zones, and what their clocks show: some hours twice a year, and some never."""

import functools
import zoneinfo
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from django.core.exceptions import ValidationError
from django.utils.timezone import get_default_timezone_name
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this ``name``; an empty one means the shop's."""
    return ZoneInfo(name or get_default_timezone_name())


def require_zone(name: str) -> None:
    """Raise ``ValidationError`` unless there is a time zone with this ``name``."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone %(name)s.") % {"name": name})


def list_zones() -> list[str]:
    """Return the zones that an event can be in: those of places, and UTC."""
    areas = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/")
    named = zoneinfo.available_timezones()
    return ["UTC", *sorted(name for name in named if name.startswith((*areas, "Indian/", "Pacific/")))]


def name_zone(zone: ZoneInfo) -> str:
    """Return what people call the time of ``zone``, in the active language: that of the city in its name."""
    if "/" not in zone.key:
        return zone.key
    return _("%(city)s time") % {"city": _city(zone.key, to_locale(get_language() or "en-gb"))}


@functools.lru_cache(512)
def _city(zone_name: str, locale: str) -> str:
    return get_timezone_location(zone_of(zone_name), locale=locale, return_city=True).rpartition("/")[2]


def shows(at: datetime, zone: ZoneInfo) -> datetime:
    """Return ``at`` as the clocks of ``zone`` show it, to be compared and reckoned with."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def moments(shown: datetime, zone: ZoneInfo) -> list[datetime]:
    """
    Return the moments at which the clocks of ``zone`` show this time, the earlier one first.

    They are two where the clocks are set back, and none where they are set forward, or beyond the first and
    the last year that there are.
    """
    try:
        found = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    except OverflowError:
        return []
    return [at.astimezone(zone) for at in sorted(found) if shows(at, zone) == shown]


def is_shown_twice(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of ``zone`` show the time of ``at`` a second time."""
    return len(moments(shows(at, zone), zone)) > 1


def is_shops(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the shop's own clock shows the same at that moment."""
    return at.astimezone(zone).utcoffset() == at.astimezone(zone_of("")).utcoffset()
