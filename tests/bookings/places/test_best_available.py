"""The best available seats: what the database chooses, beside a plain model of the rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Event, Seat
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import Wish
from bookings.seats.alternatives import suggest_best
from bookings.seats.best_available import lock_best
from bookings.seats.holds import SoldOut, hold, hold_seats
from bookings.seats.layout import PlannedPlace, apply_places

ADA = Buyer(name="Ada", email="ada@example.com")
BEST = "/api/events/demo-night/seats/best"


def best(event: Event, quantity: int, most: int | None = None) -> list[str]:
    return [seat.label for seat in suggest_best(event, quantity=quantity, most=most)]


def take(event: Event, *labels: str) -> None:
    hold_seats(event, ADA, labels=labels, until=timezone.now() + timedelta(minutes=36))


def seat_row(event: Event, numbers: Any, **values: Any) -> None:
    apply_places(
        event, [PlannedPlace(None, "A", number, f"A-{number}", 4200, **values) for number in numbers]
    )


def test_no_single_seat_is_left_beside_a_pair(event: Event) -> None:
    seat_row(event, range(1, 5))

    assert best(event, 2) == ["A-1", "A-2"]


def test_a_row_further_back_is_no_reason_to_leave_the_first(event: Event) -> None:
    take(event, "A-4", "A-5", "A-6", "A-7", "A-8", "A-9", "A-10")  # Three are left in row A.

    assert best(event, 2) == ["A-2", "A-3"]


def test_only_what_the_buyer_would_pay_is_chosen(event: Event) -> None:
    assert best(event, 2, most=4199) == ["B-5", "B-6"]
    assert best(event, 2, most=4200) == ["A-5", "A-6"]
    with pytest.raises(SoldOut):
        suggest_best(event, quantity=1, most=100)


def test_a_price_is_kept_to_when_it_is_held(event: Event) -> None:
    until = timezone.now() + timedelta(minutes=36)
    booking = hold(event, ADA, Wish(quantity=2, most=4000), until=until)
    with pytest.raises(SoldOut) as refusal:
        hold(event, ADA, Wish(quantity=9, most=4000), until=until)

    assert booking.booked_seats.labels() == ["B-5", "B-6"]
    assert refusal.value.free == 8


def test_the_interface_and_the_form_take_a_price(client: Client, event: Event) -> None:
    assert client.get(f"{BEST}?quantity=2&most=4000").json() == {"seats": ["B-5", "B-6"]}
    assert client.get(f"{BEST}?quantity=2&most=100").json()["error"]["code"] == "sold_out"
    assert client.get(f"{BEST}?quantity=2&most=x").status_code == 400


def test_places_for_wheelchairs_and_companions_come_last(event: Event) -> None:
    event.seats.filter(label="A-5").update(notes="Wheelchair, restricted view")
    event.seats.filter(label="A-6").update(notes="companion")

    assert best(event, 2) == ["A-3", "A-4"]
    take(event, *event.seats.exclude(notes__gt="").exclude(label="B-9").values_list("label", flat=True))
    assert best(event, 1) == ["B-9"]
    assert best(event, 2) == ["B-9", "A-6"]
    assert best(event, 3) == ["B-9", "A-6", "A-5"]


def test_a_restricted_view_comes_after_a_full_one_further_back(event: Event) -> None:
    event.seats.filter(row="A").update(notes="restricted view")

    assert best(event, 2) == ["B-5", "B-6"]


def test_odd_numbers_are_side_by_side(event: Event) -> None:
    seat_row(event, [1, 3, 5, 7])

    assert best(event, 4) == ["A-1", "A-3", "A-5", "A-7"]


def test_an_aisle_is_not_sat_across(event: Event) -> None:
    apply_places(
        event,
        [
            PlannedPlace(None, "A", number, f"A-{number}", 4200, column=2 * number + 3 * (number > 3))
            for number in range(1, 9)
        ],
    )

    assert best(event, 4) == ["A-4", "A-5", "A-6", "A-7"]


def test_what_is_held_back_is_not_offered(event: Event) -> None:
    event.seats.filter(row="A").update(state="held_back")

    assert best(event, 2) == ["B-5", "B-6"]


# The same rules as plain Python

SEAT = st.tuples(
    st.sampled_from("AB"),
    st.integers(1, 14),
    st.sampled_from(["", "", "", "", "wheelchair", "restricted view", "companion"]),
    st.sampled_from([100, 200]),
    st.sampled_from(["for_sale", "for_sale", "for_sale", "held_back", "no_place"]),
)


def model(seats: list[Seat], quantity: int, most: int) -> list[str]:
    """Return the labels of the best seats, by looking at each block that there is."""
    rows = {name: sorted((s for s in seats if s.row == name), key=lambda s: s.place) for name in "AB"}
    drawn = {name: [s for s in row if s.state != "no_place"] for name, row in rows.items()}
    found = []
    for name, row in drawn.items():
        free = {s.place: s for s in row if s.is_free and not s.is_kept}
        for start in free:
            block = [free.get(start + 2 * step) for step in range(quantity)]
            if any(s is None or s.price > most for s in block):
                continue
            end = start + 2 * (quantity - 1)
            alone = [
                near in free and near + step not in free for near, step in [(start - 2, -2), (end + 2, 2)]
            ]
            worse = sum(s is not None and "restricted" in s.notes for s in block)
            off = abs(start + end - row[0].place - row[-1].place)
            labels = [s.label for s in block if s is not None]
            found.append((worse, name, sum(alone), off, start, labels))
    if found:
        return min(found)[-1]
    single = [s for row in drawn.values() for s in row if s.is_free and s.price <= most]
    single.sort(key=lambda s: (s.is_kept, "restricted" in s.notes, s.row, s.place))
    return [s.label for s in single[:quantity]] if len(single) >= quantity else []


@settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # Each example is rolled back.
)
@given(
    st.lists(SEAT, max_size=24, unique_by=lambda seat: seat[:2]),
    st.integers(1, 4),
    st.sampled_from([100, 200]),
)
def test_the_database_chooses_what_the_model_chooses(
    event: Event, drawn: list[tuple[str, int, str, int, str]], quantity: int, most: int
) -> None:
    with transaction.atomic():
        event.seats.all().delete()
        seats = Seat.objects.bulk_create(
            Seat(
                event=event,
                row=row,
                number=n,
                label=f"{row}-{n}",
                notes=notes,
                price=price,
                state=state,
                column=2 * n + 3 * (n > 7),
            )
            for row, n, notes, price, state in drawn
        )
        chosen = {seat.label for seat in lock_best(event, quantity, most)}
        transaction.set_rollback(True)

    assert chosen == set(model(seats, quantity, most))
