"""A plan of all seats beside those that there are: what it changes, and what it leaves alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, Event, Seat
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats, release
from bookings.seats.layout import PlannedPlace, UnusablePlan, apply_places, plan_places
from bookings.tickets.issuing import confirm

ADA = Buyer(name="Ada", email="ada@example.com")


def hold(event: Event, *labels: str) -> Booking:
    return hold_seats(event, ADA, labels=labels, until=timezone.now() + timedelta(minutes=36))


def as_it_is(event: Event) -> list[PlannedPlace]:
    return [
        PlannedPlace(None, seat.row, seat.number, seat.label, seat.price)
        for seat in event.seats.in_row_order()
    ]


def place(label: str, area: str | None = None, **values: Any) -> PlannedPlace:
    row, number = label.split()[-1].split("-")
    return PlannedPlace(area, row, int(number), label, **{"price": 4200, **values})


def test_what_is_as_planned_stays(event: Event) -> None:
    assert not plan_places(event, as_it_is(event))
    assert not apply_places(event, as_it_is(event))


def test_seats_are_added_changed_and_removed_and_each_is_said(event: Event) -> None:
    plan = as_it_is(event)[:19]
    plan[0] = replace(plan[0], price=4500, notes="wheelchair")
    plan.append(place("C-1"))
    told = plan_places(event, plan)
    done = apply_places(event, plan)

    assert told == done
    assert done.sentences("eur") == [
        "C-1: added.",
        "A-1: price €42.00 → €45.00, notes none → wheelchair.",
        "B-10: removed.",
    ]
    assert not event.seats.filter(label="B-10").exists()
    assert (event.seats.get(label="A-1").price, event.seats.get(label="C-1").price) == (4500, 4200)


def test_what_is_held_or_sold_keeps_what_its_customer_was_told(event: Event) -> None:
    hold(event, "A-1")
    confirm(hold(event, "A-2"))
    plan = [
        replace(one, price=1000, notes="restricted view", column=7 * one.number) for one in as_it_is(event)
    ]
    done = apply_places(event, [one for one in plan if one.label != "A-2"])
    held, sold = event.seats.get(label="A-1"), event.seats.get(label="A-2")

    assert done.kept == {"A-1": "on hold", "A-2": "sold"}
    assert (held.price, held.notes, held.column) == (4200, "", 7)
    assert (sold.price, sold.state) == (4200, "for_sale")
    assert event.seats.get(label="A-3").price == 1000


def test_a_seat_that_was_ever_booked_is_no_place_any_more_and_comes_back(event: Event) -> None:
    release(hold(event, "A-1"))
    plan = as_it_is(event)
    apply_places(event, plan[1:])

    assert event.seats.get(label="A-1").state == "no_place"
    assert apply_places(event, plan).changed[0].fields == {"state": ("no_place", "for_sale")}
    assert event.seats.get(label="A-1").is_free


def test_what_the_house_holds_back_stays_so_unless_the_plan_says_otherwise(event: Event) -> None:
    event.seats.filter(label="A-1").update(state="held_back")
    plan = as_it_is(event)

    assert not apply_places(event, plan)
    apply_places(event, [replace(one, state="for_sale") for one in plan])
    assert event.seats.get(label="A-1").is_free


def test_a_hall_gets_areas_without_a_seat_being_made_anew(event: Event) -> None:
    confirm(hold(event, "A-1"))
    before = set(event.seats.values_list("pk", "label"))
    plan = [replace(one, area="Stalls" if one.row == "A" else "Balcony") for one in as_it_is(event)]
    done = apply_places(event, plan)

    assert (done.areas, len(done.drawn)) == (["Stalls", "Balcony"], 20)
    assert set(event.seats.values_list("pk", "label")) == before
    assert [area.slug for area in event.areas.all()] == ["stalls", "balcony"]
    assert str(event.seats.get(label="A-1").area) == "Stalls"


def test_seats_change_their_names_with_each_other(event: Event) -> None:
    plan = as_it_is(event)
    plan[0], plan[1] = replace(plan[0], label="A-2"), replace(plan[1], label="A-1")
    apply_places(event, plan)

    assert list(event.seats.filter(row="A").in_row_order().values_list("label", flat=True)[:3]) == [
        "A-2",
        "A-1",
        "A-3",
    ]


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ([place("A-1"), place("A-1")], "Listed twice: A-1"),
        ([place("A-1"), replace(place("A-1"), label="X")], "Same position twice: A 1"),
        ([place("C-1", price=None)], "New, without a price: C-1"),
        ([place("C-1", area="Floor")], "A standing area can’t have seats: Floor"),
        ([replace(place("C-1"), label="Floor 1")], "A booked seat already has this name: Floor 1"),
    ],
    ids=str,
)
def test_a_plan_that_cannot_be_is_refused_whole(event: Event, plan: list[PlannedPlace], why: str) -> None:
    floor = event.areas.create(name="Floor", slug="floor", kind="standing")
    Seat.objects.create(event=event, area=floor, number=1, label="Floor 1", price=100)
    with pytest.raises(UnusablePlan) as refusal:
        apply_places(event, plan)

    assert str(refusal.value) == why
    assert event.seats.count() == 21


def test_standing_places_stay_as_they_are(event: Event) -> None:
    floor = event.areas.create(name="Floor", slug="floor", kind="standing")
    Seat.objects.create(event=event, area=floor, number=1, label="Floor 1", price=100)

    assert not apply_places(event, as_it_is(event)[:20])


def test_odd_numbers_become_neighbours(event: Event) -> None:
    apply_places(event, [place(f"C-{number}") for number in (1, 3, 5)])

    assert [seat.place for seat in event.seats.filter(row="C").in_row_order()] == [2, 4, 6]


def test_what_is_for_sale_again_says_no_more_for_whom_it_was_held_back(event: Event) -> None:
    event.seats.update(state="held_back", held_back_for="press", held_back_note="Ask Grace.")

    apply_places(event, [replace(one, state="for_sale") for one in as_it_is(event)])

    assert set(event.seats.values_list("state", "held_back_for", "held_back_note")) == {("for_sale", "", "")}
