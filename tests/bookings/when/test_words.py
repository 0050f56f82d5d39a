"""An event's times in words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from bookings.when.words import show_hours, spell, spell_span
from bookings.when.zones import list_zones, moments, name_zone, zone_of
from tests.bookings.when.clocks import AUTUMN, EVENING, SPRING, ZONES, in_berlin
from tests.support.page_text import text_of


@dataclass
class Occasion:
    starts_at: datetime
    ends_at: datetime
    time_zone: str


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("", "Friday 4 June 2027, 19:30"),
        ("Europe/Berlin", "Friday 4 June 2027, 19:30"),
        ("Europe/Vienna", "Friday 4 June 2027, 19:30"),
        ("Europe/London", "Friday 4 June 2027, 18:30 (London time)"),
        ("Asia/Kathmandu", "Friday 4 June 2027, 23:15 (Kathmandu time)"),
        ("America/New_York", "Friday 4 June 2027, 13:30 (New York time)"),
        ("Pacific/Apia", "Saturday 5 June 2027, 06:30 (Apia time)"),
        ("UTC", "Friday 4 June 2027, 17:30 (UTC)"),
    ],
)
def test_a_time_is_that_of_the_venue_and_says_so_where_the_shops_differs(zone: str, words: str) -> None:
    assert spell(EVENING, "WEEKDAY_DATE_TIME", zone) == words


def test_a_deadline_always_says_which_clock() -> None:
    assert spell(EVENING, "DAY_TIME_WITH_ZONE", "") == "4 June, 19:30 CEST"
    assert spell(EVENING, "DAY_TIME_WITH_ZONE", "Asia/Kathmandu") == "4 June, 23:15 (Kathmandu time)"


def test_what_has_no_abbreviation_is_named_by_its_city_or_its_offset(settings: Any) -> None:
    settings.TIME_ZONE = "America/Sao_Paulo"
    assert spell(EVENING, "DAY_TIME_WITH_ZONE", "") == "4 June, 14:30 (Sao Paulo time)"

    settings.TIME_ZONE = "Australia/Lord_Howe"
    twice = moments(datetime(2027, 4, 4, 1, 45), zone_of(""))  # noqa: DTZ001  As a clock shows it.
    assert [spell(at, "TIME", "") for at in twice] == ["01:45 (UTC+11:00)", "01:45 (UTC+10:30)"]


def test_a_day_without_an_hour_names_no_zone() -> None:
    assert spell(EVENING, "DATE", "Pacific/Apia") == "5 June 2027"


@pytest.mark.parametrize(("fold", "name"), [(0, "CEST"), (1, "CET")])
def test_an_hour_that_comes_twice_says_which(fold: int, name: str) -> None:
    at = in_berlin(*AUTUMN, 2, 30, fold=fold)

    assert spell(at, "WEEKDAY_DATE_TIME", "") == f"Sunday 31 October 2027, 02:30 ({name})"
    assert spell(at, "TIME_WITH_ZONE", "") == f"02:30 ({name})"


def test_a_zone_is_named_in_german_as_well() -> None:
    with translation.override("de"):
        assert spell(EVENING, "TIME", "America/New_York") == "13:30\xa0Uhr (Zeit in New York)"


def test_every_zone_that_can_be_chosen_has_a_name() -> None:
    assert all(name_zone(zone_of(zone)) for zone in list_zones())


@pytest.mark.parametrize(
    ("begins", "lasts", "words"),
    [
        ((2027, 6, 4, 22), 7, "Friday 4 June 2027, 22:00"),
        ((2027, 6, 4, 22), 43, "Friday 4 June 2027, 22:00 – Sunday 6 June 2027, 17:00"),
        ((2027, 6, 4, 8), 14, "Friday 4 June 2027, 08:00"),
    ],
    ids=["a night", "days", "a long day"],
)
def test_what_lasts_for_days_says_until_when(begins: tuple[int, ...], lasts: int, words: str) -> None:
    at = in_berlin(*begins)

    assert spell_span(Occasion(at, at + timedelta(hours=lasts), ""), "WEEKDAY_DATE_TIME") == words


@pytest.mark.parametrize(
    ("begins", "lasts", "words"),
    [
        ((2027, 6, 4, 19, 30), 2, "Friday 4 June, 19:30 – 21:30 (Berlin time)"),
        ((2027, 6, 4, 22), 7, "Friday 4 June, 22:00 – Saturday 5 June, 05:00 (Berlin time)"),
        # The night has one hour more, and one less.
        ((*AUTUMN, 0), 6, "Sunday 31 October, 00:00 – 05:00 (Berlin time)"),
        ((*SPRING, 0), 6, "Sunday 28 March, 00:00 – 07:00 (Berlin time)"),
        ((*AUTUMN, 1), 1.5, "Sunday 31 October, 01:00 – 02:30 (CEST) (Berlin time)"),
        ((*AUTUMN, 1), 2.5, "Sunday 31 October, 01:00 – 02:30 (CET) (Berlin time)"),
    ],
)
def test_from_when_to_when(begins: tuple[int, ...], lasts: float, words: str) -> None:
    starts_at = in_berlin(*begins).astimezone(UTC)

    assert text_of(show_hours(Occasion(starts_at, starts_at + timedelta(hours=lasts), ""))) == words


@pytest.mark.parametrize("zone_name", ZONES)
def test_every_hour_of_a_year_is_shown_once_unless_the_clocks_are_set(zone_name: str) -> None:
    zone, first = zone_of(zone_name), datetime(2027, 1, 1)  # noqa: DTZ001  As a clock shows it.
    shown = [first + timedelta(minutes=30 * half) for half in range(365 * 48)]

    counts = [len(moments(at, zone)) for at in shown]

    has_summer_time = zone_name not in ("Asia/Kathmandu", "Pacific/Apia")
    halves = 1 if zone_name == "Australia/Lord_Howe" else 2
    assert (counts.count(0), counts.count(2)) == ((halves, halves) if has_summer_time else (0, 0))
    assert moments(datetime(2011, 12, 30, 12), zone_of("Pacific/Apia")) == []  # noqa: DTZ001
