"""
Calendars read the file as it was meant: icalendar, dateutil, and ical.js, which Thunderbird is made with.

ical.js 2.2.1 is in ``ical_js``, under the Mozilla Public License 2.0; its source is
https://github.com/kewisch/ical.js. It runs in Chromium, and nothing but this test uses it.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dateutil import parser
from icalendar import Calendar
from playwright.sync_api import sync_playwright

from bookings.documents.ical import write_calendar
from bookings.when.zones import moments, zone_of
from tests.bookings.when.clocks import ZONES
from tests.browser.support.chromium import MISSING, launch
from tests.support.shop import Purchase

SCRIPT = Path(__file__).parent / "ical_js" / "ical.es5.min.js"
READ = """
    files => files.map(file => {
      const calendar = new ICAL.Component(ICAL.parse(file))
      const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent"))
      return [event.startDate.toUnixTime(), event.endDate.toUnixTime(), event.uid, event.sequence]
    })
"""


class Night(NamedTuple):
    starts_at: datetime
    ends_at: datetime
    file: str


def evenings() -> Iterator[datetime]:
    """Yield an evening of each day of a year, the zones in turn, nights of a set clock, and later years."""
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    for number, day in enumerate(days):
        yield from at(day, 19, ZONES[number % len(ZONES)])
    for zone in ZONES:
        offsets = [next(at(day, 12, zone)).utcoffset() for day in days]
        changed = [day for day, now, then in zip(days[1:], offsets[1:], offsets, strict=False) if now != then]
        for day in [*changed, date(2032, 2, 29), date(2040, 12, 31)]:
            for hour in (0, 1, 2, 3, 23):
                yield from at(day, hour, zone)


def at(day: date, hour: int, zone: str) -> Iterator[datetime]:
    yield from moments(datetime(day.year, day.month, day.day, hour, 30), zone_of(zone))  # noqa: DTZ001


@pytest.fixture
def nights(paid: Purchase) -> list[Night]:
    booking, found = paid.booking, []
    for starts_at in evenings():
        booking.event.starts_at, booking.event.ends_at = starts_at, starts_at + timedelta(hours=3)
        found.append(Night(starts_at, booking.event.ends_at, write_calendar(booking).decode()))
    return found


def read_by_ical_js(files: list[str]) -> list[Any] | None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            return None
        page = browser.new_page()
        page.add_script_tag(content=SCRIPT.read_text())
        read: list[Any] = page.evaluate(READ, files)
        browser.close()
    return read


def test_every_reader_has_every_time_right(nights: list[Night]) -> None:
    meant = [(night.starts_at.timestamp(), night.ends_at.timestamp()) for night in nights]
    assert len(nights) > 365 + 5 * 10

    assert [read_by_icalendar(night.file) for night in nights] == meant
    assert [read_by_dateutil(night.file) for night in nights] == meant
    # In a thread of its own: Playwright's event loop would keep Django's ORM from this one.
    read = ThreadPoolExecutor(1).submit(read_by_ical_js, [night.file for night in nights]).result()
    if read is None:
        pytest.skip(MISSING)
    assert [(starts, ends) for starts, ends, *_ in read] == meant
    assert len({uid for *_, uid, _sequence in read}) == 1


def read_by_icalendar(file: str) -> tuple[float, float]:
    [entry] = Calendar.from_ical(file).events
    return entry.decoded("DTSTART").timestamp(), entry.decoded("DTEND").timestamp()


def read_by_dateutil(file: str) -> tuple[float, float]:
    starts, ends = re.findall(r"^DT(?:START|END):(\S+)", file, re.M)
    found = parser.parse(starts), parser.parse(ends)
    assert all(each.utcoffset() == datetime.now(UTC).utcoffset() for each in found)
    return found[0].timestamp(), found[1].timestamp()
