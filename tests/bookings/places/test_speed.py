"""5,000 standing places are sold as fast as fifty: an index has those that are left, in their order."""

import json
from typing import Any

import pytest
from django.db import connection

from bookings.models import Area, Event, Seat
from bookings.seats.holds import places_of
from tests.bookings.places.club import floor, hold, make_club


@pytest.fixture
def club(db: None) -> Event:
    """A floor of 5,000 places, of which the first 4,000 are sold."""
    event = make_club(floor=5_000)
    sold = hold(event, floor(1))
    Seat.objects.filter(area__slug="floor", number__lte=4_000).update(booking=sold)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_seat")
    return event


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def test_a_buyer_reads_as_many_places_as_they_want(club: Event) -> None:
    places = places_of(Area.objects.get(event=club, slug="floor")).order_by("number")[:4]

    plan = nodes(json.loads(places.explain(format="json", analyze=True))[0]["Plan"])

    (scan,) = [node for node in plan if "Scan" in node["Node Type"]]
    assert scan["Index Name"] == "seat_for_sale"
    assert scan["Actual Rows"] == 4
    assert not [node for node in plan if "Sort" in node["Node Type"]]


def test_a_hold_takes_the_same_statements_however_large_the_floor(
    club: Event, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(8):
        hold(club, floor(4))
