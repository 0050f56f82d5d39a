"""The programme: the events ahead as cards by month, and which of them a visitor looks for."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator

from bookings.models import Event
from bookings.programme.cards import Card, readable
from bookings.programme.prices import price_events
from bookings.programme.search import Outline, Search, months_of, read_search, with_words

FILTERED_FROM = 13  # events; fewer are seen at a glance
CARDS = 24  # of a page
COLUMNS = [column.name for column in fields(Outline)]


@dataclass(frozen=True)
class Programme:
    """
    A page of the cards of each month, of which the first is in front if ``has_lead``.

    ``found`` events match the ``search``; ``months`` and ``places`` are what one can look for, if there is
    enough to look through.
    """

    search: Search
    found: int
    months: dict[str, date]
    places: list[str]
    page: Page[Any]
    sections: list[tuple[date, list[Card]]]

    @property
    def has_filters(self) -> bool:
        return bool(self.months)

    @property
    def has_lead(self) -> bool:
        """Whether the first card is in front: what is next, unless it was called off."""
        is_whole = self.search.is_empty and self.page.number == 1
        return bool(is_whole and self.sections and not self.sections[0][1][0].event.is_cancelled)

    @property
    def next_address(self) -> str:
        return self.search.address(self.page.next_page_number())

    @property
    def previous_address(self) -> str:
        return self.search.address(self.page.previous_page_number())


def find_programme(query: Mapping[str, str], at: datetime) -> Programme:
    """
    Return the page of the programme that an address with this ``query`` is for.

    The number of statements doesn't depend on the events: of all ahead little is read, and of those of one
    page the rest.
    """
    ahead = Event.objects.listed().upcoming(at)
    outlines = [Outline(*row) for row in ahead.values_list(*COLUMNS)]
    months = {
        f"{month:%Y-%m}": month
        for month in sorted({month for each in outlines for month in months_of(each, at)})
    }
    places = sorted({each.venue for each in outlines}, key=str.casefold)
    search = read_search(query, months, places)
    found = [each for each in outlines if search.matches(each, at)]
    if search.words:
        named = set(with_words(ahead, search.words).values_list("pk", flat=True))
        found = [each for each in found if each.pk in named]
    groups = _group(found, months.get(search.month, date.min), at)
    page = Paginator(groups, CARDS).get_page(query.get("page", ""))
    is_long = len(outlines) >= FILTERED_FROM or not search.is_empty
    return Programme(
        search=search,
        found=len(found),
        months=months if is_long else {},
        places=places if is_long else [],
        page=page,
        sections=_sections(list(page.object_list), at),
    )


def cards_of(events: Collection[Event], at: datetime) -> list[Card]:
    """Return a card for each of ``events``, which are ``readable``."""
    price_events(events)
    return [Card([event], at) for event in events]


def _group(outlines: Iterable[Outline], since: date, at: datetime) -> list[tuple[date, list[int]]]:
    """Return the month and the ids of the events of each card; dates of a production are together."""
    groups: dict[tuple[str, int], tuple[date, list[int]]] = {}
    for each in outlines:
        key = ("production", each.production_id) if each.production_id else ("event", each.pk)
        groups.setdefault(key, (max(since, months_of(each, at)[0]), []))[1].append(each.pk)
    return sorted(groups.values(), key=_month)


def _month(group: tuple[date, list[int]]) -> date:
    return group[0]


def _sections(groups: list[tuple[date, list[int]]], at: datetime) -> list[tuple[date, list[Card]]]:
    """Return the months of ``groups``, each with its cards, without events that are gone by now."""
    ids = [pk for _month, group in groups for pk in group]
    events = readable(Event.objects.all()).in_bulk(ids)
    price_events(events.values())
    sections = []
    for month, of_month in groupby(groups, _month):
        known = [[events[pk] for pk in group if pk in events] for _, group in of_month]
        sections.append((month, [Card(dates, at) for dates in known if dates]))
    return [(month, cards) for month, cards in sections if cards]
