"""What's on: which cards there are, in which order, how they are found, and what many of them cost."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bookings.models import Event, Production, Seat
from bookings.programme.listing import CARDS, FILTERED_FROM
from tests.support.page_text import text_of
from tests.support.shop import make_event

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def give(day: int, *, of: Production | None = None, **changes: Any) -> Event:
    """Announce an evening in so many days, with two seats at 19.00 and 24.50."""
    starts_at = timezone.now().replace(hour=18, minute=30, second=0, microsecond=0) + timedelta(days=day)
    fields = {
        "title": f"Evening {day}",
        "slug": f"evening-{day}-{Event.objects.count()}",
        "venue": "The Cellar",
        "visibility": "published",
        "production": of,
        "starts_at": starts_at,
        "ends_at": starts_at + 2 * HOUR,
        "sales_from": timezone.now() - HOUR,
        "sales_until": starts_at,
        "organiser_name": "The Cellar",
    }
    event = Event.objects.create(**{**fields, **changes})
    prices = enumerate([1900, 2450], start=1)
    Seat.objects.bulk_create(
        Seat(event=event, row="A", number=number, label=f"A-{number}", price=price)
        for number, price in prices
    )
    return event


def find(client: Client, **query: str) -> str:
    return client.get("/", query).content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r"<h3><a [^>]*>(.*?)</a></h3>", page)


def words(page: str) -> str:
    """Return the words of ``page`` for readers whose clock is the shop's."""
    return " ".join(text_of(re.sub("<zone-name.*?</zone-name>", "", page)).split())


@pytest.fixture
def many(db: None) -> list[Event]:
    """More evenings than are seen at a glance, every fourth at the Hall, by the clock of 1 March."""
    with time_machine.travel(NOW, tick=False):
        return [
            give(4 * day, venue="The Hall" if day % 4 == 0 else "The Cellar")
            for day in range(1, FILTERED_FROM + 1)
        ]


@time_machine.travel(NOW, tick=False)
def test_events_are_by_month_and_date(db: None, client: Client) -> None:
    for day in (40, 3, 35):
        give(day)

    page = find(client)

    assert titles(page) == ["Evening 3", "Evening 35", "Evening 40"]
    assert re.findall(r'id="month-\d">(.*?)</h2>', page) == ["March 2027", "April 2027"]
    assert "Thursday 4 March, 18:30" in page


@time_machine.travel(NOW, tick=False)
def test_what_began_last_month_is_under_this_one(db: None, client: Client) -> None:
    give(-30, title="Exhibition", ends_at=NOW + timedelta(days=60), sales_until=NOW + timedelta(days=59))

    assert "March 2027" in find(client)
    april = find(client, month="2027-04")
    assert titles(april) == ["Exhibition"]
    assert 'id="month-1">April 2027' in april


@time_machine.travel(NOW, tick=False)
def test_evenings_of_a_production_are_one_card(db: None, client: Client) -> None:
    play = Production.objects.create(title="The Play", slug="the-play")
    evenings = [give(day, of=play) for day in range(1, 8)]
    evenings[0].seats.update(state="held_back")
    Event.objects.filter(pk=evenings[1].pk).update(status="cancelled")
    give(2)

    page = find(client)

    assert titles(page) == ["The Play", "Evening 2"]
    assert "7 dates from Tuesday 2 March" in words(page)
    chips = re.findall(r'class="chip" href="/events/(evening-\d)-\d+/" data-sale="(\w+)"', page)
    assert chips == [
        ("evening-1", "sold_out"),
        ("evening-2", "called_off"),
        ("evening-3", "open"),
        ("evening-4", "open"),
    ]
    assert "+3 more" in page
    assert 'href="/productions/the-play/"' in page


@time_machine.travel(NOW, tick=False)
def test_a_run_is_sold_as_long_as_one_of_its_dates_is(db: None, client: Client) -> None:
    play = Production.objects.create(title="The Play", slug="the-play")
    first, second = give(1, of=play), give(2, of=play)
    first.seats.all().delete()
    second.seats.filter(price=1900).delete()

    assert "€24.50 Few left" in words(find(client))


@time_machine.travel(NOW, tick=False)
def test_each_date_of_a_production_tells_its_own_price(db: None, client: Client) -> None:
    play = Production.objects.create(title="The Play", slug="the-play")
    first, second = give(1, of=play), give(2, of=play)
    first.seats.update(price=2000)
    second.seats.all().delete()

    page = words(client.get("/productions/the-play/").content.decode())

    assert "Tuesday 2 March, 18:30 Evening 1 · The Cellar €20 Few left" in page
    assert "Wednesday 3 March, 18:30 Evening 2 · The Cellar Tickets soon" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "from €19 Few left"),
        ({"sales_from": NOW + timedelta(days=1, hours=-2)}, "from €19 On sale from Tuesday, 10:00"),
        ({"sales_from": NOW + timedelta(days=20, hours=-2)}, "from €19 On sale from Sunday 21 March, 10:00"),
        ({"status": "cancelled"}, "Cancelled"),
        ({"sales_until": NOW - timedelta(minutes=1)}, "Online sales have ended"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_card_says_how_the_event_is_sold(
    db: None, client: Client, changes: dict[str, Any], said: str
) -> None:
    give(30, **changes)

    assert f"The Cellar {said}" in words(find(client))


@time_machine.travel(NOW, tick=False)
def test_a_card_says_how_many_tickets_are_left(db: None, client: Client) -> None:
    event = make_event()

    assert "from €32 20 tickets left" in words(find(client))
    for seat in event.seats.all()[:10]:
        Seat.objects.filter(pk=seat.pk).update(state="held_back")
    assert "Few left" in words(find(client))
    event.seats.update(state="held_back")
    assert "Sold out Join the waiting list" in words(find(client))


def test_few_events_need_no_search(db: None, client: Client) -> None:
    for day in range(1, FILTERED_FROM):
        give(day)

    assert 'role="search"' not in find(client)
    give(FILTERED_FROM)
    assert 'role="search"' in find(client)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"month": "2027-04"}, [32, 36, 40, 44, 48, 52]),
        ({"place": "The Hall"}, [16, 32, 48]),
        ({"place": "The Hall", "month": "2027-04"}, [32, 48]),
        ({"q": "  hALL 4 "}, [48]),
        ({"q": "hall", "month": "2027-03"}, [16]),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_search_finds_by_month_place_and_words(
    many: list[Event], client: Client, query: dict[str, str], found: list[int]
) -> None:
    page = find(client, **query)

    assert titles(page) == [f"Evening {day}" for day in found]
    assert f"{len(found)} event" in words(page)
    for value in query.values():
        assert f'value="{" ".join(value.split())}"' in page or f"<option selected>{value}<" in page
    assert ">Clear</a>" in page


@pytest.mark.parametrize(
    "query",
    [{"month": "2020-01"}, {"month": "x"}, {"place": "Nowhere"}, {"page": "-1"}, {"page": "x"}, {"q": "\0"}],
)
@time_machine.travel(NOW, tick=False)
def test_what_there_isnt_is_not_looked_for(many: list[Event], client: Client, query: dict[str, str]) -> None:
    page = find(client, **query)

    assert len(titles(page)) == len(many)
    assert ">Clear</a>" not in page


@pytest.mark.parametrize("typed", ["nothing of that", "100%", "_", "\\", "'\";--", "é\0" * 200, "zz " * 90])
def test_nothing_found_says_what_to_do(event: Event, client: Client, typed: str) -> None:
    response = client.get("/", {"q": typed})

    assert response.status_code == 200
    assert titles(response.content.decode()) == []
    assert "No events match your search" in response.content.decode()
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_long_programme_has_pages_that_keep_the_search(db: None, client: Client) -> None:
    for day in range(1, CARDS + 3):
        give(day)

    first, last = find(client, q="Evening"), find(client, q="Evening", page="9")

    assert (len(titles(first)), len(titles(last))) == (CARDS, 2)
    assert 'rel="next" href="/?q=Evening&amp;page=2"' in first
    assert 'rel="prev" href="/?q=Evening"' in last
    assert "card-lead" not in first + last
    assert 'rel="canonical" href="http://testserver/?page=2"' in find(client, page="2")


def test_two_hundred_events_cost_as_many_statements_as_two(
    db: None, client: Client, django_assert_num_queries: Any
) -> None:
    play = Production.objects.create(title="The Play", slug="the-play")
    for day in (1, 2):
        give(day, of=play).types.create(slug="child", name="Child", percent_off=50)
        give(day)
    with django_assert_num_queries(7):
        find(client, q="Evening")
    for day in range(3, 103):
        give(day, of=play)
        give(day).types.create(slug="child", name="Child", percent_off=50)

    with django_assert_num_queries(7):
        page = find(client, q="Evening")

    assert len(page) < 60_000
    with django_assert_num_queries(7):
        client.get("/productions/the-play/")
