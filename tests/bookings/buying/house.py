"""An event with seats, a standing area, ticket types and codes."""

from typing import Any

from bookings.models import Area, AreaKind, Event, Seat, TicketType
from tests.support.shop import make_event

CHECKOUT = "/events/demo-night/checkout/"
FORM = {"attempt": "t1", "name": "Ada", "email": "ada@example.com"}


def make_house(**changes: Any) -> Event:
    """Create the event of ``make_event`` with a floor of 30 places at 25.00, adult, child and carer."""
    event = make_event(**changes)
    add_floor(event)
    event.types.create(slug="adult", name="Adult", position=0)
    event.types.create(slug="child", name="Child", position=1, percent_off=50, quota=4, proof=True)
    event.types.create(slug="carer", name="Carer", position=2, price=0)
    event.codes.create(code="SPRING", percent_off=20)
    return event


def add_floor(event: Event, *, capacity: int = 30, price: int = 2500) -> Area:
    floor = event.areas.create(slug="floor", name="Floor", kind=AreaKind.STANDING)
    Seat.objects.bulk_create(
        Seat(event=event, area=floor, row="", number=number, label=f"Floor {number}", price=price)
        for number in range(1, capacity + 1)
    )
    return floor


def make_club(**changes: Any) -> Event:
    """Create an event that has standing places only."""
    event = make_event(**changes)
    event.seats.all().delete()
    add_floor(event)
    event.types.create(slug="adult", name="Adult")
    return event


def kind(event: Event, slug: str) -> TicketType:
    return event.types.get(slug=slug)
