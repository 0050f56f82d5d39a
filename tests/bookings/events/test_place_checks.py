"""What is said of places, types and codes before an event is published."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.events.capacity import set_capacity
from bookings.events.checks import examine
from bookings.models import AreaKind, Event, SeatState, TicketType
from tests.support.shop import make_event

pytestmark = pytest.mark.django_db
Mistake = Callable[[Event], object]


@pytest.fixture
def night() -> Event:
    """An event with a standing area, of which nothing is said."""
    event = make_event()
    floor = event.areas.create(slug="floor", name="Floor", kind=AreaKind.STANDING)
    set_capacity(floor, 10, price=1000)
    event.types.create(slug="adult", name="Adult")
    return event


def odd(event: Event) -> dict[str, bool]:
    """Return what is found of places, types and codes, and whether each is a problem."""
    fields = ("areas", "seats", "tickettypes", "salecodes")
    return {it.words: it.is_problem for it in examine(event) if it.field in fields}


def half(event: Event, **other: object) -> TicketType:
    return event.types.create(slug="half", name="Half", **other)


def empty_area(event: Event) -> None:
    event.areas.create(slug="pit", name="Pit", kind=AreaKind.STANDING)


def nowhere(event: Event) -> None:
    gallery = event.areas.create(slug="gallery", name="Gallery")
    half(event).areas.set([gallery])


def too_cheap(event: Event) -> None:
    event.seats.filter(label="A-1").update(price=20)
    event.types.all().delete()


def own_price_too_low(event: Event) -> None:
    TicketType.objects.bulk_create([TicketType(event=event, slug="half", name="Half", price=10)])


def opened(event: Event) -> None:
    code = event.codes.create(code="VIP")
    code.opens.set([half(event, needs_code=True)])


def test_nothing_is_said_of_what_is_right(night: Event) -> None:
    opened(night)
    night.codes.create(code="FREE", percent_off=100)
    night.seats.filter(label="A-1").update(price=0)
    night.types.create(slug="cheap", name="Cheap", percent_off=99)

    assert odd(night) == {}


@pytest.mark.parametrize(
    ("mistake", "words", "is_problem"),
    [
        (empty_area, "Pit has no places.", True),
        (nowhere, "Half isn’t sold in any area with places.", False),
        (too_cheap, "There are seats for €0.20. Stripe charges €0.50 at least.", True),
        (own_price_too_low, "Half would cost €0.10. Stripe charges €0.50 at least.", True),
        (
            lambda event: half(event, needs_code=True),
            "Half is hidden, but no code unlocks it.",
            False,
        ),
        (
            lambda event: half(event, sold_until=event.sales_from - timedelta(days=1)),
            "Half ends before the sale starts.",
            False,
        ),
        (
            lambda event: half(event, sold_from=event.sales_until),
            "Half starts after the sale ends.",
            False,
        ),
        (
            lambda event: half(event, quota=31),
            "Half has a quota higher than the number of places.",
            False,
        ),
        (
            lambda event: event.types.update(members_only=True),
            "All ticket types are hidden: only members and customers with a code can buy.",
            False,
        ),
        (
            lambda event: event.seats.update(state=SeatState.HELD_BACK),
            "All places are held back, so nothing can be sold.",
            False,
        ),
        (
            lambda event: event.codes.create(code="NIL"),
            "The code NIL has no effect: no discount, no hidden tickets.",
            False,
        ),
        (
            lambda event: event.codes.create(
                code="OLD", percent_off=5, valid_until=event.sales_from - timedelta(days=1)
            ),
            "The code OLD ends before the sale starts.",
            False,
        ),
    ],
)
def test_what_would_embarrass_is_said(night: Event, mistake: Mistake, words: str, is_problem: bool) -> None:
    mistake(night)

    assert odd(night)[words] == is_problem


def test_an_early_bird_that_is_over_is_said(night: Event) -> None:
    half(night, sold_until=timezone.now() - timedelta(hours=1))

    assert [words for words in odd(night) if words.startswith("Half is no longer sold: it ended ")]


def test_an_event_of_which_nothing_is_a_place_has_no_seats(night: Event) -> None:
    night.seats.update(state=SeatState.NO_PLACE)

    assert odd(night)["The sale is open, but there are no seats."]
