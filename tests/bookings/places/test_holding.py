"""Holding seats and standing places, as types, with codes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.models import Area, Event, Seat, SeatState
from bookings.orders.codes import CodeUsedUp, UnknownCode
from bookings.orders.types import TypeCount, TypeSoldOut, UnknownType
from bookings.orders.wishes import PlacesWish, Wish, wish_of
from bookings.seats.holds import AreaSoldOut, SeatsTaken, UnknownArea, UnknownSeats, release
from bookings.seats.reseating import NoSeatsLeft, hold_again
from tests.bookings.places.club import ADA, add_code, add_type, floor, hold, make_club, prices
from tests.support.shared import shared
from tests.support.shop import BoxOffice


@shared
def club(box_office: BoxOffice) -> Event:
    return make_club()


def taken(event: Event, slug: str) -> int:
    return event.types.get(slug=slug).taken


def test_seats_and_standing_places_are_one_booking(club: Event) -> None:
    add_type(club, "child", percent_off=50)

    booking = hold(club, Wish(seats={"T-1": "", "T-2": "child"}, places=[PlacesWish("floor", "child", 2)]))

    assert booking.seat_labels == ["T-1", "T-2", "Floor 1", "Floor 2"]
    assert prices(booking) == [4200, 2100, 1250, 1250]
    assert wish_of(booking) == Wish(
        seats={"T-1": "", "T-2": "child"}, places=[PlacesWish("floor", "child", 2)]
    )


def test_places_of_the_floor_are_sold_until_none_is_left(club: Event) -> None:
    hold(club, floor(19))

    with pytest.raises(AreaSoldOut) as refusal:
        hold(club, floor(2))

    assert refusal.value.free == 1
    assert hold(club, floor(1)).seat_labels == ["Floor 20"]


def test_the_places_of_one_booking_are_different_ones_whatever_their_type(club: Event) -> None:
    add_type(club, "child", percent_off=50)

    both = hold(club, Wish(places=[PlacesWish("floor", "", 3), PlacesWish("floor", "child", 3)]))

    assert len(set(both.seat_labels)) == 6
    assert sorted(prices(both)) == [1250, 1250, 1250, 2500, 2500, 2500]


def test_the_best_available_are_seats_on_the_map_and_no_others(club: Event) -> None:
    assert hold(club, Wish(quantity=2)).seat_labels == ["T-1", "T-2"]  # No single seat is left over.
    hold(club, Wish(quantity=2))

    with pytest.raises(Exception, match="0"):
        hold(club, Wish(quantity=1))


def test_where_everybody_stands_the_best_available_are_places_to_stand(club: Event) -> None:
    club.seats.filter(row="T").delete()

    assert hold(club, Wish(quantity=2)).seat_labels == ["Floor 1", "Floor 2"]


def test_a_standing_place_cannot_be_chosen_by_its_label(club: Event) -> None:
    with pytest.raises(UnknownSeats):
        hold(club, Wish(seats={"Floor 1": ""}))


@pytest.mark.parametrize("slug", ["tables", "balcony", ""])
def test_places_are_asked_for_in_a_standing_area_of_the_event(club: Event, slug: str) -> None:
    with pytest.raises(UnknownArea):
        hold(club, Wish(places=[PlacesWish(slug, "", 1)]))


@pytest.mark.parametrize("state", [SeatState.HELD_BACK, SeatState.NO_PLACE])
def test_what_is_not_for_sale_is_not_sold(club: Event, state: SeatState) -> None:
    club.seats.filter(label__in=["T-2", "Floor 1"]).update(state=state)

    with pytest.raises((SeatsTaken, UnknownSeats)):
        hold(club, Wish(seats={"T-2": ""}))

    assert hold(club, floor(1)).seat_labels == ["Floor 2"]
    assert hold(club, Wish(quantity=2)).seat_labels == ["T-3", "T-4"]
    assert club.seats.free().count() == 24 - 2 - 3


def test_a_seat_that_somebody_has_stays_a_place(club: Event) -> None:
    hold(club, Wish(seats={"T-1": ""}))
    seat = club.seats.get(label="T-1")
    seat.state = SeatState.NO_PLACE

    with pytest.raises(ValidationError, match="It’s sold or on hold"):
        seat.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        seat.save()


# Types


def test_a_type_costs_its_price_a_part_or_what_the_place_does(club: Event) -> None:
    add_type(club, "adult")
    add_type(club, "child", percent_off=33)
    add_type(club, "carer", price=0)
    add_type(club, "student", price=1000)

    booking = hold(club, Wish(seats={"T-1": "adult", "T-2": "child", "T-3": "carer", "T-4": "student"}))

    assert prices(booking) == [4200, 2814, 0, 1000]


def test_a_part_of_a_price_is_nothing_or_can_be_charged(club: Event) -> None:
    club.seats.update(price=60)
    add_type(club, "child", percent_off=90)
    add_type(club, "guest", percent_off=100)

    booking = hold(club, Wish(seats={"T-1": "child", "T-2": "guest"}))

    assert prices(booking) == [50, 0]


def test_a_type_is_sold_in_its_areas_in_its_time_and_while_it_is_offered(club: Event) -> None:
    now = timezone.now()
    early = add_type(club, "early", sold_until=now + timedelta(hours=1))
    early.areas.add(Area.objects.get(slug="floor"))
    add_type(club, "over", sold_until=now - timedelta(hours=1))
    add_type(club, "later", sold_from=now + timedelta(hours=1))
    add_type(club, "off", is_offered=False)
    add_type(club, "member", members_only=True)

    for slug in ("over", "later", "off", "member", "nonsense"):
        with pytest.raises(UnknownType):
            hold(club, floor(1, slug))
    with pytest.raises(UnknownType):
        hold(club, Wish(seats={"T-1": "early"}))
    hold(club, floor(1, "early"))


def test_of_some_types_a_booking_has_so_many(club: Event) -> None:
    add_type(club, "family", at_least=3, at_most=5)

    for quantity in (2, 6):
        with pytest.raises(TypeCount):
            hold(club, floor(quantity, "family"))
    hold(club, floor(3, "family"))


def test_a_quota_is_counted_by_whatever_takes_or_frees_a_place(club: Event) -> None:
    add_type(club, "child", percent_off=50, quota=3)
    first = hold(club, Wish(seats={"T-1": "child"}, places=[PlacesWish("floor", "child", 1)]))

    with pytest.raises(TypeSoldOut) as refusal:
        hold(club, floor(2, "child"))
    assert refusal.value.free == 1
    assert taken(club, "child") == 2

    release(first)
    assert taken(club, "child") == 0
    hold(club, Wish(seats={"T-1": ""}))  # Somebody else, at full price.
    assert taken(club, "child") == 0
    first.refresh_from_db()
    hold_again(first)
    assert taken(club, "child") == 2
    assert club.seats.get(label="T-1").type is None


def test_a_quota_that_comes_later_counts_what_is_sold(club: Event) -> None:
    child = add_type(club, "child", percent_off=50)
    hold(club, floor(2, "child"))
    assert taken(club, "child") == 0

    child.quota = 2
    child.save()
    assert taken(club, "child") == 2
    with pytest.raises(TypeSoldOut):
        hold(club, floor(1, "child"))


def test_no_quota_is_lower_than_what_is_taken(club: Event) -> None:
    child = add_type(club, "child", percent_off=50, quota=5)
    hold(club, floor(3, "child"))
    child.refresh_from_db()
    child.quota = 2

    with pytest.raises(ValidationError, match="3 are already sold or on hold"):
        child.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        child.save(update_fields=["quota"])


# Codes


def test_a_code_makes_places_cheaper_and_is_given_back(club: Event) -> None:
    spring = add_code(club, "SPRING", percent_off=20, limit=1)
    booking = hold(club, Wish(seats={"T-1": ""}, places=[PlacesWish("floor", "", 1)], code=" spring "))

    assert prices(booking) == [3360, 2000]
    assert [one.discount for one in booking.booked_seats.order_by("seat_id")] == [840, 500]
    with pytest.raises(CodeUsedUp):
        hold(club, floor(1, code="SPRING"))

    release(booking)
    spring.refresh_from_db()
    assert spring.used == 0
    hold(club, floor(1, code="Spring"))


def test_an_amount_is_taken_off_the_dearest_first(club: Event) -> None:
    add_code(club, "TENNER", amount_off=4300)

    booking = hold(club, Wish(seats={"T-1": ""}, places=[PlacesWish("floor", "", 1)], code="TENNER"))

    assert prices(booking) == [0, 2400]


def test_a_code_is_for_some_types_and_some_places(club: Event) -> None:
    adult, child = add_type(club, "adult"), add_type(club, "child", percent_off=50)
    add_code(club, "KIDS", percent_off=100, places_at_most=1).types.add(child)

    wish = Wish(places=[PlacesWish("floor", adult.slug, 1), PlacesWish("floor", child.slug, 2)], code="KIDS")

    assert sorted(prices(hold(club, wish))) == [0, 1250, 2500]


def test_a_code_is_known_here_and_valid_now(club: Event) -> None:
    now = timezone.now()
    add_code(club, "OVER", percent_off=10, valid_until=now - timedelta(hours=1))
    add_code(club, "LATER", percent_off=10, valid_from=now + timedelta(hours=1))
    add_code(club, "OFF", percent_off=10, is_active=False)
    add_code(make_club(slug="another-night"), "ELSEWHERE", percent_off=10)

    for code in ("OVER", "LATER", "OFF", "ELSEWHERE", "NONSENSE", "'; --"):
        with pytest.raises(UnknownCode):
            hold(club, floor(1, code=code))


def test_a_customer_uses_a_code_so_often(club: Event) -> None:
    add_code(club, "ONCE", percent_off=10, limit_per_customer=1)
    hold(club, floor(1, code="ONCE"))

    with pytest.raises(CodeUsedUp) as refusal:
        hold(club, floor(1, code="ONCE"), replace(ADA, email="ADA@example.com"))
    assert refusal.value.by_customer
    hold(club, floor(1, code="ONCE"), replace(ADA, email="bob@example.com"))


def test_whoever_gives_no_address_is_not_known_from_others(club: Event) -> None:
    add_code(club, "ONCE", percent_off=10, limit=2, limit_per_customer=1)
    somebody = replace(ADA, email="", is_house=True)
    hold(club, floor(1, code="ONCE"), somebody)
    hold(club, floor(1, code="ONCE"), somebody)

    with pytest.raises(CodeUsedUp) as refusal:
        hold(club, floor(1, code="ONCE"), somebody)
    assert not refusal.value.by_customer


def test_a_code_opens_what_is_hidden(club: Event) -> None:
    crew = add_type(club, "crew", price=0, needs_code=True)
    add_code(club, "CREW").opens.add(crew)

    with pytest.raises(UnknownType):
        hold(club, floor(1, "crew"))
    assert prices(hold(club, floor(1, "crew", code="crew"))) == [0]


def test_a_late_payment_gets_another_place_of_the_same_area_and_price(club: Event) -> None:
    add_type(club, "child", percent_off=50)
    first = hold(club, Wish(seats={"T-1": "child"}))
    release(first)
    hold(club, Wish(seats={"T-1": ""}))
    Seat.objects.filter(label="Floor 1").update(price=4200)  # It costs as much, but is another area's.
    first.refresh_from_db()

    hold_again(first)

    assert first.seat_labels == ["T-2"]
    assert prices(first) == [2100]


def test_a_late_payment_of_a_type_that_is_sold_out_by_now_gets_nothing(club: Event) -> None:
    add_type(club, "child", percent_off=50, quota=2)
    first = hold(club, floor(2, "child"))
    release(first)
    second = hold(club, floor(1, "child"))
    first.refresh_from_db()

    with pytest.raises(NoSeatsLeft), transaction.atomic():
        hold_again(first)

    assert (first.seats.count(), taken(club, "child")) == (0, 1)
    release(second)
    hold_again(first)
    assert taken(club, "child") == 2


def test_a_late_payment_with_a_code_that_is_used_up_by_now_gets_nothing(club: Event) -> None:
    code = add_code(club, "SPRING", percent_off=20, limit=1)
    first = hold(club, floor(1, code="SPRING"))
    release(first)
    second = hold(club, floor(1, code="SPRING"), replace(ADA, email="bob@example.com"))
    first.refresh_from_db()

    with pytest.raises(NoSeatsLeft), transaction.atomic():
        hold_again(first)

    release(second)
    hold_again(first)
    code.refresh_from_db()
    assert (code.used, first.seats.count()) == (1, 1)
