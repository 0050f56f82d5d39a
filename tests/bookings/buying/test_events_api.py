from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.models import Event, EventStatus, Seat, Visibility
from tests.bookings.buying.house import make_club, make_house
from tests.support.sandbox import Sandbox
from tests.support.shop import make_event


@pytest.fixture
def house(db: None) -> Event:
    return make_house()


def described(client: Client, slug: str = "demo-night") -> dict[str, Any]:
    return client.get(f"/api/events/{slug}").json()


def listed(client: Client) -> list[str]:
    return [event["slug"] for event in client.get("/api/events").json()["events"]]


def test_an_event_without_areas_has_one_of_all_its_seats(db: None, client: Client) -> None:
    event = make_event(time_zone="Europe/Berlin")
    event.seats.filter(label="A-1").update(notes="wheelchair", state="held_back")

    said = described(client)

    (area,) = said["areas"]
    assert (area["slug"], area["kind"], area["free"], len(area["seats"])) == ("seats", "seated", 19, 20)
    assert area["seats"][0] == {
        "label": "A-1",
        "row": "A",
        "number": 1,
        "price": 4200,
        "notes": "wheelchair",
    }
    assert (said["status"], said["sale"], said["time_zone"], said["types"]) == (
        "scheduled",
        "open",
        "Europe/Berlin",
        [],
    )


def test_times_have_the_offset_of_the_venue(db: None, client: Client) -> None:
    event = make_event(time_zone="America/New_York")

    assert described(client)["starts_at"].endswith(("-04:00", "-05:00"))
    assert event.time_zone == "America/New_York"


def test_areas_and_types_are_told_with_what_is_left(house: Event, stripe: Sandbox, client: Client) -> None:
    house.types.get(slug="carer").areas.add(house.areas.get())
    places = [{"area": "floor", "type": "child", "quantity": 3}]
    wish = {"event": "demo-night", "places": places, "name": "Ada", "email": "ada@example.com"}
    assert client.post("/api/checkout", wish, "application/json").status_code == 201

    said = described(client)

    _seats, floor = said["areas"]
    assert floor == {
        "slug": "floor",
        "name": "Floor",
        "kind": "standing",
        "description": "",
        "free": 27,
        "price": 2500,
        "seats": None,
    }
    assert [(kind["slug"], kind["percent_off"], kind["free"], kind["areas"]) for kind in said["types"]] == [
        ("adult", None, None, []),
        ("child", 50, 1, []),
        ("carer", None, None, ["floor"]),
    ]
    assert said["free"] == 47


def test_what_needs_a_code_never_shows(house: Event, client: Client) -> None:
    house.types.create(slug="crew", name="Crew", price=500, needs_code=True)
    house.types.create(slug="gone", name="Gone", is_offered=False)
    house.types.create(slug="over", name="Over", sold_until=house.sales_from)

    for path in ("/api/events", "/api/events/demo-night"):
        text = client.get(path).content.decode()
        assert "rew" not in text
        assert "SPRING" not in text
        assert "held_back" not in text
        assert "Gone" not in text
        assert "Over" not in text


def test_a_draft_is_nowhere_and_a_hidden_event_only_at_its_address(db: None, client: Client) -> None:
    make_event(slug="draft", visibility=Visibility.DRAFT)
    make_event(slug="secret", visibility=Visibility.HIDDEN)
    make_event(slug="public")

    assert listed(client) == ["public"]
    assert client.get("/api/events/draft").status_code == 404
    assert client.get("/api/events/secret").status_code == 200
    assert client.get("/api/events/none").json()["error"]["code"] == "unknown_event"


def test_an_old_slug_leads_to_the_event(house: Event, client: Client) -> None:
    house.slug = "other-night"
    house.save(update_fields=["slug"])

    assert described(client, "demo-night")["slug"] == "other-night"


def test_what_is_over_is_not_in_the_programme(house: Event, client: Client) -> None:
    past = house.starts_at - timedelta(days=90)
    Event.objects.filter(pk=house.pk).update(
        starts_at=past,
        ends_at=past + timedelta(hours=2),
        sales_from=past - timedelta(days=1),
        sales_until=past,
    )

    assert listed(client) == []
    assert described(client)["sale"] == "over"


@pytest.mark.parametrize("status", EventStatus.values)
def test_the_status_is_told(house: Event, client: Client, status: str) -> None:
    Event.objects.filter(pk=house.pk).update(status=status)

    assert described(client)["status"] == status


@pytest.mark.parametrize(
    "path", ["/api/events", "/api/events/demo-night", "/api/events/", "/api/events/demo-night/"]
)
def test_a_known_version_is_304_until_something_changes(house: Event, client: Client, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    Seat.objects.filter(label="Floor 1").update(state="held_back")
    changed = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, changed.status_code) == (304, 200)
    assert {again.headers["Cache-Control"], changed.headers["Cache-Control"]} == {"no-store"}


def test_the_statements_do_not_grow_with_events_areas_and_seats(house: Event, client: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/api/events")
        return len(queries)

    few = statements()
    for number in range(3):
        make_house(slug=f"night-{number}")
    make_club(slug="club")

    assert (few, statements()) == (few, few)
    assert few <= 6
