"""What search engines and link previews are told."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from bookings.models import Event
from bookings.web.search_engines import PRIVATE
from tests.support.shop import Purchase

SITE = "http://testserver"
STARTS_AT = datetime(2027, 6, 4, 17, 30, tzinfo=UTC)
FOUND = [
    *("", "art", "branding", "events", "pictures", "productions", "<legal_kind:kind>"),
    *("favicon.ico", "healthz", "metrics", "readyz", "robots.txt", "sitemap.xml"),
]


@pytest.fixture
def night(event: Event) -> Event:
    """An evening in Kathmandu, by a house that tries everything."""
    Event.objects.update(
        title='Night & Day</script><script>alert("1")</script>',
        description="Two\n\nwords. " + "And more. " * 50,
        time_zone="Asia/Kathmandu",
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(hours=2),
        sales_until=STARTS_AT,
    )
    return Event.objects.get()


def page_of(client: Client, event: Event) -> str:
    return client.get(event.get_absolute_url()).content.decode()


def data_of(client: Client, event: Event) -> dict[str, Any]:
    [data] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', page_of(client, event), re.DOTALL
    )
    found: dict[str, Any] = json.loads(data)
    return found


def test_an_events_page_tells_what_when_and_where_it_is(night: Event, client: Client) -> None:
    url = f"{SITE}/events/demo-night/"
    data = data_of(client, night)

    [picture] = data.pop("image")
    assert picture.startswith(f"{url}picture.png?language=en-gb&v=")
    assert data == {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": night.title,
        "startDate": "2027-06-04T23:15+05:45",
        "endDate": "2027-06-05T01:15+05:45",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {"@type": "Place", "name": "The Little Theatre", "address": "The Little Theatre"},
        "organizer": {"@type": "Organization", "name": "The Little Theatre", "url": SITE},
        "description": night.description,
        "url": url,
        "offers": {
            "@type": "Offer",
            "price": "32.00",
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
            "validFrom": (night.sales_from + timedelta(hours=5, minutes=45)).strftime("%Y-%m-%dT%H:%M+05:45"),
            "url": url,
        },
    }


def test_its_head_has_a_description_and_one_address(night: Event, client: Client) -> None:
    page = page_of(client, night)
    said = {
        name: unescape(value)
        for name, value in re.findall(r'<meta (?:name|property)="(\S+)" content="(.*?)"', page)
    }

    assert '<link rel="canonical" href="http://testserver/events/demo-night/">' in page
    assert said["og:url"] == f"{SITE}/events/demo-night/"
    assert said["og:title"] == night.title
    assert said["og:locale"] == "en_GB"
    words = "Friday 4 June 2027, 23:15 (Kathmandu time), The Little Theatre. Two words. And more."
    assert said["description"].startswith(words)
    assert said["og:description"] == said["description"]
    assert len(said["description"]) <= 300
    assert page.count("<script>") == 0


def test_a_page_in_another_language_has_the_same_address(night: Event, client: Client) -> None:
    page = client.get("/events/demo-night/", headers={"Accept-Language": "de"}).content.decode()

    assert '<meta property="og:locale" content="de">' in page
    assert '<link rel="canonical" href="http://testserver/events/demo-night/">' in page


@pytest.mark.parametrize(
    ("changes", "status", "availability"),
    [
        ({}, "EventScheduled", "InStock"),
        ({"status": "postponed"}, "EventRescheduled", "InStock"),
        ({"status": "cancelled"}, "EventCancelled", None),
        ({"sales_from": timezone.now() + timedelta(days=1)}, "EventScheduled", "PreOrder"),
        ({"sales_until": timezone.now() - timedelta(hours=1)}, "EventScheduled", None),
    ],
)
def test_it_tells_whether_it_takes_place_and_whether_there_are_tickets(
    event: Event, client: Client, changes: dict[str, Any], status: str, availability: str | None
) -> None:
    Event.objects.update(**changes)

    data = data_of(client, event)

    assert data["eventStatus"] == f"https://schema.org/{status}"
    offered = data.get("offers", {}).get("availability")
    assert offered == (f"https://schema.org/{availability}" if availability else None)


def test_without_seats_nothing_is_offered(event: Event, client: Client) -> None:
    event.seats.all().delete()

    assert "offers" not in data_of(client, event)


def test_the_sitemap_has_the_programme_and_what_is_in_it(night: Event, client: Client) -> None:
    over = Event.objects.get()
    past = timezone.now() - timedelta(days=2)
    times = {"starts_at": past, "ends_at": past + timedelta(hours=2), "sales_until": past}
    over.pk, over.slug = None, "over"
    for name, at in {**times, "sales_from": past - timedelta(days=9)}.items():
        setattr(over, name, at)
    over.save()

    answer = client.get("/sitemap.xml")

    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    places = [
        place.text for place in ElementTree.fromstring(answer.content).iter() if place.tag.endswith("}loc")
    ]
    assert places == [f"{SITE}/", f"{SITE}/events/demo-night/"]


def test_robots_keep_away_from_what_is_private(client: Client) -> None:
    words = client.get("/robots.txt").content.decode()

    assert words.splitlines()[0] == "User-agent: *"
    assert "Disallow: /bookings/" in words
    assert "Disallow: /events/" not in words
    assert words.endswith("\nSitemap: http://testserver/sitemap.xml\n")


def test_every_address_is_either_for_all_or_private() -> None:
    """A new one must be named in one of the two lists."""

    def first_parts(patterns: list[Any], before: str = "") -> set[str]:
        found = set()
        for each in patterns:
            path = before + str(each.pattern).lstrip("^")
            if isinstance(each, URLResolver) and not path:
                found |= first_parts(each.url_patterns)
            elif isinstance(each, URLPattern | URLResolver):
                found.add(re.split(r"[/$?(\\]", path)[0])
        return found

    assert first_parts(get_resolver().url_patterns) == {*PRIVATE, *FOUND}


def test_only_what_is_on_may_be_listed(paid: Purchase, client: Client) -> None:
    page = paid.booking.get_absolute_url()
    ticket = paid.booking.tickets.first()
    assert ticket is not None
    private = [
        *(page, f"{page}tickets/", f"{page}tickets.pdf", f"{page}event.ics", f"{page}cancel/"),
        *(ticket.get_absolute_url(), f"{ticket.get_absolute_url()}qr.png", "/account/login/", "/membership/"),
        *(f"/payments/success/?session_id={paid.session_id}", "/admin/login/", "/api/schema", "/nothing/"),
        *("/bookings/", f"/api/payment-status?session_id={paid.session_id}"),
    ]

    assert {client.get(address).headers["X-Robots-Tag"] for address in private} == {"noindex"}
    assert {client.get(address).headers["X-Robots-Tag"] for address in ("/", "/events/demo-night/")} == {
        "all"
    }
