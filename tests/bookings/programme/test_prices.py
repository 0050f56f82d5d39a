"""What the cheapest and the dearest ticket costs that anybody can buy now."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Event
from bookings.programme.prices import price_events
from tests.bookings.places.club import make_club

HOUR = timedelta(hours=1)


def prices(event: Event) -> tuple[int | None, int | None]:
    event.refresh_from_db()
    price_events([event])
    return event.price_from, event.price_to


def test_without_types_it_is_what_free_seats_cost(event: Event) -> None:
    assert prices(event) == (3200, 4200)
    event.seats.filter(row="B").update(state="held_back")
    assert prices(event) == (4200, 4200)


def test_sold_out_it_is_what_seats_cost(event: Event) -> None:
    event.seats.update(state="held_back")

    assert prices(event) == (3200, 4200)


def test_without_seats_there_is_none(event: Event) -> None:
    event.seats.all().delete()

    assert prices(event) == (None, None)


@pytest.mark.parametrize(
    ("kind", "cheapest"),
    [
        ({"price": 1200}, 1200),
        ({"percent_off": 50}, 1600),
        ({"price": 0}, 0),
        ({"price": 1200, "quota": 5}, 1200),
        # Not for everybody, or not now.
        ({"price": 1200, "needs_code": True}, 3200),
        ({"price": 1200, "members_only": True}, 3200),
        ({"price": 0, "proof": True}, 3200),
        ({"price": 1200, "quota": 0}, 3200),
        ({"price": 1200, "is_offered": False}, 3200),
        ({"price": 1200, "sold_until": timezone.now() - HOUR}, 3200),
        ({"price": 1200, "sold_from": timezone.now() + HOUR}, 3200),
    ],
)
def test_types_count_that_anybody_can_buy(event: Event, kind: dict[str, Any], cheapest: int) -> None:
    event.types.create(slug="kind", name="Kind", **kind)

    assert prices(event)[0] == cheapest


def test_before_the_sale_types_count_that_it_will_begin_with(event: Event) -> None:
    Event.objects.update(sales_from=timezone.now() + 2 * HOUR)
    event.types.create(slug="early", name="Early bird", price=900, sold_from=timezone.now() + HOUR)
    event.types.create(slug="past", name="Past", price=100, sold_until=timezone.now() + HOUR)

    assert prices(event)[0] == 900


def test_a_type_of_an_area_counts_as_long_as_there_is_room(db: None) -> None:
    club = make_club()
    floor = club.areas.get(slug="floor")
    early = club.types.create(slug="early", name="Early bird", price=100, quota=5)
    early.areas.add(floor)

    assert prices(club)[0] == 100
    club.seats.filter(area=floor).update(state="held_back")
    assert prices(club)[0] != 100


def test_where_a_type_is_for_all_the_full_price_is_not_asked(event: Event) -> None:
    event.types.create(slug="adult", name="Adult", price=5000)

    assert prices(event) == (5000, 5000)
