"""Buyers and staff after the same places at once."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import Event, SeatState
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import Wish
from bookings.seats.holds import SeatsTaken, SoldOut, UnknownSeats, hold, hold_seats
from bookings.seats.house_states import NewState, change_places
from bookings.seats.layout import PlannedPlace, apply_places
from tests.support.shop import make_event
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Buyer(name="Ada", email="ada@example.com")
HELD_BACK = NewState(state=SeatState.HELD_BACK)


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=36)


def test_buyers_and_staff_at_once_never_share_a_seat(event: Event) -> None:
    places = list(event.seats.filter(label__in=["A-1", "A-2"]).values_list("pk", flat=True))

    def act(number: int) -> str:
        if number % 2:
            change_places(event, places, HELD_BACK)
            return "held back"
        try:
            hold_seats(event, ADA, labels=["A-1", "A-2"], until=soon())
        except SeatsTaken:
            return "taken"
        return "bought"

    done = at_once(act, 10)

    assert done.count("bought") <= 1
    assert {one.booking_id is None for one in event.seats.filter(pk__in=places)} == {"bought" not in done}
    assert {one.state for one in event.seats.filter(pk__in=places)} == {"held_back"}


def test_a_plan_and_buyers_at_once_leave_each_buyer_what_they_were_told(event: Event) -> None:
    plan = [PlannedPlace(None, s.row, s.number, s.label, 9900) for s in event.seats.in_row_order()][5:]

    def act(number: int) -> str:
        if number % 5 == 0:
            apply_places(event, plan)
            return "planned"
        try:
            booking = hold_seats(event, ADA, labels=[f"A-{number % 10 + 1}"], until=soon())
        except (SeatsTaken, UnknownSeats):
            return "gone"
        booked = booking.booked_seats.select_related("seat").get()
        return "bought" if booked.price == booked.seat.price else "dearer"

    done = at_once(act, 20)

    assert "dearer" not in done
    for seat in event.seats.exclude(booking=None):
        assert seat.booking is not None
        assert seat.booking.booked_seats.get().price == seat.price


def test_fifty_who_want_the_best_leave_wheelchair_places_and_the_dear_row(event: Event) -> None:
    event.seats.filter(row="B", number__in=[1, 2]).update(notes="wheelchair")

    def act(number: int) -> list[str] | None:
        try:
            booking = hold(event, ADA, Wish(quantity=2, most=3200), until=soon())
        except SoldOut:
            return None
        return booking.booked_seats.labels()

    got = [labels for labels in at_once(act, 50) if labels]

    assert len(got) == 5
    assert sorted(label for labels in got for label in labels) == sorted(f"B-{n}" for n in range(1, 11))
    assert event.seats.filter(row="A").free().count() == 10
