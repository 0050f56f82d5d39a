"""What a visitor looks for in the programme: a month, a venue, words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import islice
from operator import and_
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from bookings.models import Event
from bookings.when.words import lasts_days
from bookings.when.zones import zone_of

LONGEST = 100  # characters
WORDS = 8
MONTHS = 36  # of an event that lasts long
SEARCHED = ("title", "summary", "description", "venue", "production__title", "production__description")


@dataclass(slots=True)
class Outline:
    """As much of an event as is needed to find it."""

    pk: int
    production_id: int | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue: str


@dataclass(frozen=True)
class Search:
    """What is looked for. ``month`` is written as 2027-03; what is empty doesn't matter."""

    month: str = ""
    place: str = ""
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.month or self.place or self.words)

    def address(self, page: int = 1) -> str:
        """Return the query of the address of a page of what is found; nothing for the whole programme."""
        query = {"month": self.month, "place": self.place, "q": self.words, "page": str(page)}
        said = {name: value for name, value in query.items() if value and (name, value) != ("page", "1")}
        return f"?{urlencode(said)}" if said else ""

    def matches(self, outline: Outline, since: datetime) -> bool:
        """Whether the event is in the month, as far as that is ahead, and at the place."""
        is_then = not self.month or self.month in (f"{month:%Y-%m}" for month in months_of(outline, since))
        return is_then and self.place in ("", outline.venue)


def read_search(query: Mapping[str, str], months: Iterable[str], places: Iterable[str]) -> Search:
    """Return what the ``query`` of an address looks for, without a month or place that there isn't."""
    month, place = query.get("month", ""), query.get("place", "")
    return Search(
        month=month if month in months else "",
        place=place if place in places else "",
        words=read_words(query.get("q", "")),
    )


def read_words(typed: str) -> str:
    """Return ``typed`` in one line, without what can't be read."""
    readable = "".join(char if char.isprintable() else " " for char in typed[:LONGEST])
    return " ".join(readable.split()[:WORDS])


def with_words(events: QuerySet[Event], words: str) -> QuerySet[Event]:
    """Return those of ``events`` that have each of the ``words`` in what is written of them."""
    return events.filter(reduce(and_, (_has(word) for word in words.split()), Q()))


def _has(word: str) -> Q:
    return Q(*[(f"{name}__icontains", word) for name in SEARCHED], _connector=Q.OR)


def months_of(outline: Outline, since: datetime) -> Sequence[date]:
    """Return the first days of the months in which an event is, from ``since`` on, by its own clock."""
    zone = zone_of(outline.time_zone)
    begins = max(outline.starts_at, since).astimezone(zone).date()
    ends = outline.ends_at.astimezone(zone).date() if lasts_days(outline) else begins
    return list(islice(_months(begins, max(begins, ends)), MONTHS))


def _months(begins: date, ends: date) -> Iterable[date]:
    month = begins.replace(day=1)
    while month <= ends:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)
