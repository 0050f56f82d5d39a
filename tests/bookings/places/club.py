"""A club night: four seats at tables, and a floor, with ticket types."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Area, AreaKind, Booking, Event, SaleCode, Seat, TicketType
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats import holds
from tests.support.shop import make_event

ADA = Buyer(name="Ada", email="ada@example.com")


def make_club(*, floor: int = 20, **changes: Any) -> Event:
    """Create an event with four seats (T-1 to T-4, 42.00) and a standing area of so many places (25.00)."""
    event = make_event(**{"title": "Club Night", "slug": "club-night", **changes})
    event.seats.all().delete()
    tables = Area.objects.create(event=event, slug="tables", name="Tables", position=0)
    standing = Area.objects.create(
        event=event, slug="floor", name="Floor", kind=AreaKind.STANDING, position=1
    )
    Seat.objects.bulk_create(
        [
            *(
                Seat(event=event, area=tables, row="T", number=n, label=f"T-{n}", price=4200)
                for n in range(1, 5)
            ),
            *(
                Seat(event=event, area=standing, number=n, label=f"Floor {n}", price=2500)
                for n in range(1, floor + 1)
            ),
        ]
    )
    return event


def add_type(event: Event, slug: str, **fields: Any) -> TicketType:
    return TicketType.objects.create(event=event, slug=slug, name=slug.capitalize(), **fields)


def add_code(event: Event, code: str, **fields: Any) -> SaleCode:
    return SaleCode.objects.create(event=event, code=code, **fields)


def hold(event: Event, wish: Wish, buyer: Buyer = ADA) -> Booking:
    return holds.hold(event, buyer, wish, until=timezone.now() + timedelta(minutes=36))


def floor(quantity: int, kind: str = "", code: str = "") -> Wish:
    return Wish(places=[PlacesWish("floor", kind, quantity)], code=code)


def prices(booking: Booking) -> list[int]:
    return list(booking.booked_seats.current().order_by("seat_id").values_list("price", flat=True))
