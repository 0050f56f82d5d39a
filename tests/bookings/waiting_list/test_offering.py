"""Places that come back are offered to those who wait, in their order, and to nobody else meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.events.visibility import HasCustomers, change_visibility
from bookings.models import (
    Area,
    AreaKind,
    Booking,
    BookingStatus,
    Event,
    EventStatus,
    Seat,
    SeatState,
    TicketType,
    Visibility,
    WaitingEntry,
    WaitingStatus,
)
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import AreaSoldOut, SeatsTaken, SoldOut, hold, hold_seats
from bookings.seats.layout import add_rows
from bookings.waiting_list.joining import leave
from bookings.waiting_list.offering import look_after, look_after_all
from tests.bookings.waiting_list.returning import Wait, come_back
from tests.support.smtp.server import MailServer, running
from tests.support.threads import at_once
from tests.support.worker import work

BUYER = Buyer(name="Quick", email="quick@example.com")
SOON = timedelta(minutes=30)


def state(*entries: WaitingEntry) -> list[tuple[str, list[str]]]:
    """Return the status and the offered seats of each entry, as they are now."""
    now = [WaitingEntry.objects.select_related("booking").get(pk=entry.pk) for entry in entries]
    return [(entry.status, entry.booking.seat_labels if entry.booking else []) for entry in now]


def test_who_is_first_gets_what_comes_back(full: Event, wait: Wait) -> None:
    first, second = wait("ada"), wait("bob")
    come_back(full, "B-4")
    look_after(full.pk)

    assert state(first, second) == [("offered", ["B-4"]), ("waiting", [])]
    entry = WaitingEntry.objects.get(pk=first.pk)
    assert entry.booking is not None
    assert entry.offered_until is not None
    assert entry.booking.status == BookingStatus.HELD
    assert entry.booking.held_until == entry.offered_until
    assert timedelta(hours=23) < entry.offered_until - timezone.now() <= timedelta(hours=24)


def test_looking_again_offers_nothing_twice(full: Event, wait: Wait) -> None:
    entry = wait("ada")
    come_back(full, "B-4", "B-5")
    look_after(full.pk)
    look_after(full.pk)
    work("mail_waiting_entry")

    assert state(entry) == [("offered", ["B-4"])]
    assert Booking.objects.filter(email="ada@example.com").count() == 1
    (sent,) = mail.outbox
    assert sent.subject == "A ticket for you: Demo Night"
    assert entry.get_absolute_url() in sent.body


def test_who_wants_more_than_there_is_is_passed_over_and_stays_first(full: Event, wait: Wait) -> None:
    many, one = wait("ada", 3), wait("bob")
    come_back(full, "A-1", "A-2")
    look_after(full.pk)
    come_back(full, "A-3", "A-4")
    look_after(full.pk)

    assert state(many, one) == [("offered", ["A-2", "A-3", "A-4"]), ("offered", ["A-1"])]


def test_places_beside_each_other_come_first(full: Event, wait: Wait) -> None:
    entry = wait("ada", 2)
    come_back(full, "A-1", "A-5", "B-3", "B-4")
    look_after(full.pk)

    assert state(entry) == [("offered", ["B-3", "B-4"])]


def test_until_they_are_offered_nobody_else_can_have_them(full: Event, wait: Wait) -> None:
    wait("ada", 2)
    come_back(full, "A-1")
    hold_seats(full, BUYER, labels=["A-1"], until=timezone.now() + SOON)  # It would not do for Ada.
    come_back(full, "A-2", "A-3")

    with pytest.raises(SeatsTaken) as taken:
        hold_seats(full, BUYER, labels=["A-2"], until=timezone.now() + SOON)
    with pytest.raises(SoldOut):
        hold(full, BUYER, Wish(quantity=1), until=timezone.now() + SOON)
    assert taken.value.labels == ["A-2"]


def test_what_nobody_waits_for_is_free_as_usual(full: Event, wait: Wait) -> None:
    wait("ada", 2)
    come_back(full, "A-1", "A-2", "A-3")
    look_after(full.pk)

    assert hold_seats(full, BUYER, labels=["A-3"], until=timezone.now() + SOON).seat_labels == ["A-3"]


def test_an_offer_that_runs_out_goes_to_the_next(full: Event, wait: Wait) -> None:
    first, second = wait("ada"), wait("bob")
    come_back(full, "A-1")
    look_after(full.pk)
    WaitingEntry.objects.filter(pk=first.pk).update(offered_until=timezone.now())
    look_after(full.pk)

    assert state(first, second) == [("ran_out", []), ("offered", ["A-1"])]
    assert Booking.objects.get(email="ada@example.com").status == BookingStatus.RELEASED


def test_an_offer_that_is_declined_goes_to_the_next(full: Event, wait: Wait, client: Client) -> None:
    first, second = wait("ada"), wait("bob")
    come_back(full, "A-1")
    look_after(full.pk)
    client.post(f"/waiting/{first.reference}/leave/")
    work("offer_places")

    assert state(first, second) == [("left", []), ("offered", ["A-1"])]


def test_when_nobody_waits_any_more_places_are_free(full: Event, wait: Wait) -> None:
    first = wait("ada")
    come_back(full, "A-1")
    look_after(full.pk)
    leave(first)
    look_after(full.pk)

    assert [seat.label for seat in full.seats.free()] == ["A-1"]


def test_whom_no_mail_reaches_leaves_the_list(full: Event, wait: Wait, settings: Any) -> None:
    first, second = wait("nobody"), wait("bob")
    come_back(full, "A-1")
    look_after(full.pk)
    with running(MailServer(), settings) as server:
        server.says["nobody@example.com"] = ["550 5.1.1 No such user"]
        work("mail_waiting_entry", "offer_places")

    assert state(first, second) == [("left", []), ("offered", ["A-1"])]


def test_near_the_end_of_the_sale_an_offer_is_short(full: Event, wait: Wait) -> None:
    entry = wait("ada")
    come_back(full, "A-1")
    Event.objects.update(sales_until=timezone.now() + timedelta(hours=4))
    look_after(full.pk)
    entry.refresh_from_db()

    assert entry.offered_until is not None
    assert timedelta(minutes=50) < entry.offered_until - timezone.now() <= timedelta(hours=1)


def test_in_the_last_half_hour_anybody_buys(full: Event, wait: Wait) -> None:
    entry = wait("ada")
    come_back(full, "A-1")
    Event.objects.update(sales_until=timezone.now() + timedelta(minutes=29))
    look_after(full.pk)

    assert state(entry) == [("waiting", [])]
    hold_seats(Event.objects.get(), BUYER, labels=["A-1"], until=timezone.now() + SOON)


@pytest.mark.parametrize("over", [{"status": EventStatus.CANCELLED}, {"sales_until": True}])
def test_what_ends_the_sale_ends_all_offers(full: Event, wait: Wait, over: dict[str, object]) -> None:
    first, second = wait("ada"), wait("bob")
    come_back(full, "A-1")
    look_after(full.pk)
    Event.objects.update(**{name: timezone.now() if value is True else value for name, value in over.items()})
    look_after_all()

    assert state(first, second) == [("ended", []), ("ended", [])]
    assert full.seats.filter(booking=None).count() == 1


def test_a_place_that_the_house_no_longer_holds_back_is_offered(full: Event, wait: Wait) -> None:
    entry = wait("ada")
    come_back(full, "A-1")
    Seat.objects.filter(label="A-1").update(state=SeatState.HELD_BACK)
    look_after(full.pk)
    before = state(entry)
    Seat.objects.update(state=SeatState.FOR_SALE)
    look_after_all()

    assert (before, state(entry)) == ([("waiting", [])], [("offered", ["A-1"])])


def test_new_places_are_offered(full: Event, wait: Wait) -> None:
    entry = wait("ada", 2)
    add_rows(full, rows="C", numbers=range(1, 3), price=2000)
    look_after_all()

    assert state(entry) == [("offered", ["C-1", "C-2"])]


def floor(event: Event, places: int = 3) -> Area:
    area = Area.objects.create(event=event, slug="floor", name="Floor", kind=AreaKind.STANDING)
    Seat.objects.bulk_create(
        Seat(event=event, area=area, number=number, label=f"Floor {number}", price=2000)
        for number in range(1, places + 1)
    )
    return area


def test_who_waits_for_an_area_is_offered_that_one(full: Event, wait: Wait) -> None:
    area = floor(full)
    full.seats.filter(area=area).update(booking=full.bookings.get())
    entry = wait("ada", 2, area=area)
    come_back(full, "A-1", "A-2")
    look_after(full.pk)
    before = state(entry)
    come_back(full, "Floor 1", "Floor 3")

    wish = Wish(places=[PlacesWish("floor", "", 1)])
    with pytest.raises(AreaSoldOut):
        hold(full, BUYER, wish, until=timezone.now() + SOON)
    hold_seats(full, BUYER, labels=["A-1"], until=timezone.now() + SOON)
    look_after(full.pk)
    assert (before, state(entry)) == ([("waiting", [])], [("offered", ["Floor 1", "Floor 3"])])


def test_who_waits_for_a_type_is_offered_it_within_its_quota(full: Event, wait: Wait) -> None:
    child = TicketType.objects.create(event=full, slug="child", name="Child", percent_off=50, quota=1)
    first, second = wait("ada", type=child), wait("bob", type=child)
    come_back(full, "A-1", "A-2")
    look_after(full.pk)
    child.refresh_from_db()

    assert state(first, second) == [("offered", ["A-1"]), ("waiting", [])]
    assert child.taken == 1
    assert Booking.objects.get(email="ada@example.com").booked_seats.get().price == 2100
    hold_seats(full, BUYER, labels=["A-2"], until=timezone.now() + SOON)  # It would not do for Bob.


def test_an_event_with_offers_cannot_be_a_draft_again(full: Event, wait: Wait) -> None:
    wait("ada")
    come_back(full, "A-1")
    look_after(full.pk)

    with pytest.raises(HasCustomers):
        change_visibility(full, Visibility.DRAFT)


def test_who_never_confirmed_is_forgotten(full: Event, wait: Wait) -> None:
    wait("ada", status=WaitingStatus.UNCONFIRMED, waiting_since=None)
    WaitingEntry.objects.update(created_at=timezone.now() - timedelta(days=3))
    look_after_all()

    assert not WaitingEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_offer_each_place_once(full: Event, wait: Wait) -> None:
    entries = [wait(f"guest{number}") for number in range(6)]
    come_back(full, "A-1", "A-2", "A-3", "A-4")

    at_once(lambda _worker: look_after(full.pk), 6)

    assert [status for status, _seats in state(*entries)] == ["offered"] * 4 + ["waiting"] * 2
    assert sorted(seat for _status, seats in state(*entries) for seat in seats) == [
        "A-1",
        "A-2",
        "A-3",
        "A-4",
    ]


@pytest.mark.django_db(transaction=True)
def test_fifty_buyers_at_once_get_nothing_that_somebody_waits_for(full: Event, wait: Wait) -> None:
    entry = wait("ada", 2)
    until = timezone.now() + SOON

    def act(number: int) -> str:
        if number == 0:
            come_back(full, "A-1", "A-2")
            look_after(full.pk)
            return "offered"
        try:
            hold(full, Buyer(name="Quick", email=f"q{number}@example.com"), WISHES[number % 3], until=until)
        except (SeatsTaken, SoldOut):
            return "refused"
        return "bought"

    outcomes = at_once(act, 51)
    look_after(full.pk)

    assert outcomes == ["offered"] + ["refused"] * 50
    assert state(entry) == [("offered", ["A-1", "A-2"])]


WISHES = [Wish(seats={"A-1": ""}), Wish(seats={"A-2": ""}), Wish(quantity=1)]
