"""Places that staff take out of sale, put back, and describe, whatever happened to them before."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event, Seat, SeatState
from bookings.orders.buyers import Buyer
from bookings.seats.holds import SeatsTaken, hold_seats, release
from bookings.seats.house_states import NewState, UnknownPlaces, change_places, find_places
from bookings.tickets.issuing import confirm
from tests.bookings.places.club import make_club
from tests.support.staff import somebody_of, told

ADA = Buyer(name="Ada", email="ada@example.com")
HELD_BACK = NewState(state=SeatState.HELD_BACK, held_back_for="Press")


def hold(event: Event, *labels: str) -> Booking:
    return hold_seats(event, ADA, labels=labels, until=timezone.now() + timedelta(minutes=36))


def ids(event: Event, *labels: str) -> list[int]:
    return list(event.seats.filter(label__in=labels).values_list("pk", flat=True))


def seat(event: Event, label: str) -> Seat:
    return event.seats.get(label=label)


def test_what_is_held_back_is_not_sold_and_looks_taken(client: Client, event: Event) -> None:
    done = change_places(event, ids(event, "A-1", "A-2"), HELD_BACK)

    assert (done.changed, seat(event, "A-1").held_back_for) == (2, "Press")
    assert client.get("/api/events/demo-night/seats").json()["taken"] == ["A-1", "A-2"]
    with pytest.raises(SeatsTaken):
        hold(event, "A-1")


def test_what_is_no_place_is_not_drawn(client: Client, event: Event) -> None:
    change_places(event, ids(event, "A-1"), NewState(state=SeatState.NO_PLACE))

    assert 'value="A-1"' not in client.get("/events/demo-night/").content.decode()


def test_buyers_read_what_they_should_know_in_their_language(client: Client, event: Event) -> None:
    change_places(event, ids(event, "A-1"), NewState(notes="Wheelchair, <little> legroom"))
    english = client.get("/events/demo-night/").content.decode()
    german = client.get("/events/demo-night/", headers={"Accept-Language": "de"}).content.decode()

    assert 'aria-label="Row A, seat 1, €42.00, wheelchair place, &lt;little&gt; legroom"' in english
    assert 'data-mark="wheelchair" data-notes="Rollstuhlplatz, &lt;little&gt; legroom"' in german
    assert "Rollstuhlplatz</li>" in german


def test_whatever_was_clicked_before_any_state_follows_any(event: Event) -> None:
    places = ids(event, "A-1")
    for before in SeatState:
        for after in SeatState:
            change_places(event, places, NewState(state=before))
            change_places(event, places, NewState(state=after))
            assert seat(event, "A-1").state == after


def test_why_it_was_held_back_is_forgotten_when_it_is_for_sale(event: Event) -> None:
    change_places(event, ids(event, "A-1"), HELD_BACK)
    change_places(event, ids(event, "A-1"), NewState(notes="Wheelchair,  little   legroom"))
    assert seat(event, "A-1").held_back_for == "Press"
    change_places(event, ids(event, "A-1"), NewState(state=SeatState.FOR_SALE))

    assert (seat(event, "A-1").held_back_for, seat(event, "A-1").notes) == ("", "wheelchair, little legroom")


def test_a_sold_seat_is_held_back_once_it_comes_back(event: Event) -> None:
    booking = hold(event, "A-1")
    done = change_places(event, ids(event, "A-1", "A-2"), HELD_BACK)
    assert (done.changed, done.later, seat(event, "A-1").booking) == (2, ["A-1"], booking)
    release(booking)

    assert not seat(event, "A-1").is_free
    with pytest.raises(SeatsTaken):
        hold(event, "A-1")


def test_a_sold_seat_cannot_be_no_place_and_keeps_its_price(event: Event) -> None:
    confirm(hold(event, "A-1"))
    done = change_places(event, ids(event, "A-1", "A-2"), NewState(state=SeatState.NO_PLACE, price=100))

    assert (done.changed, done.occupied, done.priced) == (1, ["A-1"], ["A-1"])
    assert (seat(event, "A-1").state, seat(event, "A-1").price) == ("for_sale", 4200)


def test_seats_of_another_event_are_left_alone(event: Event) -> None:
    other = Event.objects.get(pk=event.pk)
    other.pk, other.slug = None, "other"
    other.save()

    assert change_places(other, ids(event, "A-1"), HELD_BACK).changed == 0


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("A-1", ["A-1"]),
        ("a-1, B-3", ["A-1", "B-3"]),
        ("A-9 to B-2", ["A-9", "A-10", "B-1", "B-2"]),
        ("A-3 to A-1", ["A-1", "A-2", "A-3"]),
        ("row b", [f"B-{number}" for number in range(1, 11)]),
        ("", []),
    ],
)
def test_places_are_named_as_people_name_them(event: Event, typed: str, labels: list[str]) -> None:
    assert list(find_places(event, typed).in_row_order().values_list("label", flat=True)) == labels


def test_an_unknown_name_is_named(event: Event) -> None:
    with pytest.raises(UnknownPlaces) as refusal:
        find_places(event, "A-1, Z-9, row C")

    assert refusal.value.names == ["Z-9", "row C"]


# The page


def page(event: Event) -> str:
    return f"/admin/bookings/event/{event.pk}/places/"


def test_staff_change_many_at_once_without_a_script(event: Event) -> None:
    staff = somebody_of("Events")
    wish: dict[str, Any] = {
        "rows": ["0.0.B"],
        "places": ids(event, "A-1"),
        "labels": "A-3 to A-4",
        "state": "held_back",
        "held_back_for": "Press",
        "notes": ["restricted view"],
        "own_notes": "little legroom",
        "price": "10.00",
    }
    answer = staff.post(page(event), wish, follow=True)

    assert told(answer) == ["13 places changed."]
    assert (
        event.seats.filter(state="held_back", notes="restricted view, little legroom", price=1000).count()
        == 13
    )
    assert "held back, €10.00, Press" in answer.content.decode()


def test_a_house_where_everybody_stands_has_places_and_no_map(db: None) -> None:
    club = make_club(floor=3)
    club.seats.filter(row="T").delete()

    shown = somebody_of("Events").get(page(club)).content.decode()

    assert "This event has no numbered seats" in shown
    assert "No seats yet" not in shown


def test_all_that_is_ticked_comes_in_one_field_too(event: Event) -> None:
    picked = " ".join(map(str, ids(event, "A-1", "A-2")))
    somebody_of("Events").post(page(event), {"picked": picked, "state": "no_place"})

    assert event.seats.filter(state="no_place").count() == 2


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"state": "held_back"}, "Select seats on the map, or type their names."),
        ({"labels": "A-1"}, "Choose what to change"),
        ({"labels": "Z-1", "state": "held_back"}, "No seat or row named Z-1."),
        ({"labels": "A-1", "state": "sold"}, "Select a valid choice"),
        ({"labels": "A-1", "price": "0.10"}, "Stripe charges"),
        ({"places": ["x", "9" * 40], "state": "held_back"}, "Select seats on the map"),
    ],
    ids=str,
)
def test_a_form_that_says_nothing_does_nothing(event: Event, wish: dict[str, str], why: str) -> None:
    answer = somebody_of("Events").post(page(event), wish)

    assert answer.status_code == 400
    assert why in answer.content.decode()
    assert event.seats.free().count() == 20


def test_a_sold_one_that_was_to_be_no_place_is_named(event: Event) -> None:
    confirm(hold(event, "A-1"))
    answer = somebody_of("Events").post(page(event), {"labels": "A-1", "state": "no_place"}, follow=True)

    assert told(answer)[1] == "Can’t remove A-1: sold or on hold. Hold them back instead."


@pytest.mark.parametrize("group", ["Box office", "Finance"])
@pytest.mark.parametrize("name", ["places", "layout", "layout_preview"])
def test_who_does_not_set_up_events_changes_no_places(event: Event, group: str, name: str) -> None:
    assert somebody_of(group).get(f"/admin/bookings/event/{event.pk}/{name}/").status_code == 403
