"""Somebody at the counter, in front of its pages."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.test import Client

from bookings.models import Area, AreaKind, Booking, BookingStatus, Event, Seat, TicketType
from payments.models import CounterSale, Till
from tests.support.staff import log_in, make_user


@dataclass
class Desk:
    """A clerk of the box office at an event, with what they press."""

    event: Event
    user: User = field(default_factory=lambda: make_user("Box office"))

    def __post_init__(self) -> None:
        self.client: Client = log_in(self.user)
        self.page = f"/box-office/events/{self.event.slug}/"

    def open_till(self, amount: str = "100.00") -> Till:
        self.client.post("/box-office/tills/", {"currency": "eur", "amount": amount})
        return Till.objects.get(person=self.user, closed_at=None)

    def hold(self, *labels: str, **wish: Any) -> Any:
        """Press *Hold*, and return the answer; the page is a new one unless its ``attempt`` is given."""
        return self.client.post(self.page, {"attempt": str(uuid4()), "seats": labels, **wish})

    def held(self, *labels: str, **wish: Any) -> Booking:
        answer = self.hold(*labels, **wish)
        assert answer.status_code == 302, answer.content.decode()
        return Booking.objects.get(reference=answer.headers["Location"].split("/")[-2])

    def pay(self, booking: Booking, kind: str = "cash", **answers: Any) -> Any:
        return self.client.post(f"{page_of(booking)}sell/", {"kind": kind, **answers})

    def sell(self, *labels: str, kind: str = "cash", **answers: Any) -> CounterSale:
        booking = self.held(*labels)
        answer = self.pay(booking, kind, **answers)
        assert answer.status_code == 302, answer.content.decode()
        return CounterSale.objects.get(booking=booking)

    def take_back(self, sale: CounterSale, **answers: Any) -> Any:
        """Take all tickets of ``sale`` back unless ``answers`` say which."""
        tickets = [ticket.pk for ticket in sale.booking.tickets.exclude(status="void")]
        form = {"form_id": str(uuid4()), "tickets": tickets, "how": "cash", "reason": "They fell ill."}
        return self.client.post(f"{page_of_sale(sale)}void/", {**form, **answers})

    def close(self, till: Till, counted: str, **answers: Any) -> Any:
        form = {"counted": counted, "signature": "Grace Hopper", **answers}
        return self.client.post(f"/box-office/tills/{till.pk}/close/", form)


def page_of(booking: Booking) -> str:
    return f"/box-office/holds/{booking.reference}/"


def page_of_sale(sale: CounterSale) -> str:
    return f"/box-office/sales/{sale.pk}/"


def add_floor(event: Event, *, places: int = 5) -> Area:
    """Add a standing area at 25.00, whose types are adult, and child at half."""
    floor = event.areas.create(slug="floor", name="Floor", kind=AreaKind.STANDING)
    numbers = range(1, places + 1)
    rows = [Seat(event=event, area=floor, number=n, label=f"Floor {n}", price=2500) for n in numbers]
    Seat.objects.bulk_create(rows)
    return floor


def add_types(event: Event) -> tuple[TicketType, TicketType]:
    adult = event.types.create(slug="adult", name="Adult", position=1)
    child = event.types.create(slug="child", name="Child", percent_off=50, position=2)
    return adult, child


def held_now(event: Event) -> list[str]:
    seats = Seat.objects.filter(event=event, booking__status=BookingStatus.HELD).order_by("label")
    return list(seats.values_list("label", flat=True))


def problems(answer: Any) -> dict[str, list[str]]:
    """Return the errors that a page shows, by field."""
    found: dict[str, list[str]] = {}
    for name in ("form", "pay_form"):
        if form := answer.context.get(name):
            found |= {field: list(errors) for field, errors in form.errors.items()}
    return found
