"""An event is made, changed and written by its description."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from bookings.events.visibility import change_visibility
from bookings.models import Area, Booking, Event, Seat, SeatState, Visibility
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import hold, release
from tests.bookings.describing.club_night import CLUB_NIGHT, club_night, described, export_event, import_event
from tests.support.shop import make_event

pytestmark = pytest.mark.django_db
SAME = ["club-night: no changes."]


@pytest.fixture
def club(tmp_path: Path) -> Event:
    import_event(tmp_path, CLUB_NIGHT)
    return club_night()


def buy(event: Event, *, seats: dict[str, str] | None = None, floor: int = 0, kind: str = "") -> Booking:
    """Hold seats, and places of the floor, as a customer does."""
    places = [PlacesWish("floor", kind, floor)] if floor else []
    until = timezone.now() + timedelta(minutes=30)
    return hold(event, Buyer("Ada", "ada@example.com"), Wish(seats=seats or {}, places=places), until=until)


def areas_with(**floor: Any) -> list[dict[str, Any]]:
    hall, standing = CLUB_NIGHT["areas"]
    return [hall, {**standing, **floor}]


def hall_with(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**CLUB_NIGHT["areas"][0], "rows": [{"row": "A", **row} for row in rows]}]


# Made


def test_an_event_is_made_as_it_is_described(club: Event) -> None:
    assert (club.title, club.visibility) == ("Club Night", Visibility.PUBLISHED)
    assert club.starts_at == datetime(2027, 3, 5, 21, tzinfo=UTC)
    assert club.doors_open_at == datetime(2027, 3, 5, 20, tzinfo=UTC)
    assert list(club.areas.values_list("slug", "kind", "position")) == [
        ("hall", "seated", 0),
        ("floor", "standing", 1),
    ]
    seats = club.seats.drawn().order_by("number")
    assert [seat.label for seat in seats] == [f"A-{number}" for number in (1, 2, 3, 4, 9, 10, 11, 12)]
    assert {seat.price for seat in seats} == {4200}
    assert [seat.notes for seat in seats[:2]] == ["wheelchair", ""]
    floor = club.seats.standing().order_by("number")
    assert (floor.count(), floor[11].label, floor[11].price, floor[11].row) == (200, "Floor 12", 2500, "")
    child, carer = club.types.get(slug="child"), club.types.get(slug="carer")
    assert (child.percent_off, child.quota, child.proof) == (50, 10, True)
    assert (carer.price, [area.slug for area in carer.areas.all()]) == (0, ["hall"])
    assert [kind.slug for kind in club.types.all()] == ["adult", "child", "carer"]
    assert list(club.codes.values_list("code", "percent_off", "limit")) == [
        ("FREE", 100, 1),
        ("SPRING", 20, 5),
    ]


def test_each_difference_is_said(tmp_path: Path) -> None:
    assert import_event(tmp_path, CLUB_NIGHT) == [
        "club-night: made, as a draft.",
        "areas.hall: made.",
        "areas.floor: made.",
        "areas.floor.capacity: 0 → 200",
        "8 seats are added: A-1-4,9-12.",
        "types.adult: made.",
        "types.child: made.",
        "types.carer: made.",
        'ticket type Carer, areas: [] → ["hall"]',
        "codes.SPRING: made.",
        "codes.FREE: made.",
        "published: Draft, staff only → Published",
        "club-night: 12 differences. Done.",
    ]


def test_the_same_again_changes_nothing(club: Event, tmp_path: Path) -> None:
    before = everything(club)

    assert import_event(tmp_path, CLUB_NIGHT) == SAME
    assert everything(club) == before


def test_what_was_exported_changes_nothing_and_makes_the_same_again(club: Event, tmp_path: Path) -> None:
    club.seats.filter(label="A-3").update(column=9, row_rank=2, state="held_back", held_back_for="Press")
    club.seats.filter(label="A-4").update(row_rank=2, price=3000)
    club.types.filter(slug="child").update(sold_until=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    club.codes.get(code="SPRING").types.set(club.types.filter(slug="child"))
    exported, before = export_event(), everything(club)

    assert import_event(tmp_path, exported) == SAME
    assert everything(club) == before
    import_event(tmp_path, {**exported, "slug": "second"})
    assert export_event("second") == {**exported, "slug": "second"}


def test_an_event_without_areas_is_written_and_followed(event: Event, tmp_path: Path) -> None:
    exported = export_event("demo-night")

    assert exported["rows"][0] == {"row": "A", "numbers": "1-10", "price": "42.00"}
    assert "areas" not in exported
    assert import_event(tmp_path, exported) == ["demo-night: no changes."]


def everything(event: Event) -> list[Any]:
    rows = (Event, Area, Seat)
    return [
        *(list(model.objects.order_by("pk").values()) for model in rows),
        *(list(getattr(event, name).order_by("pk").values()) for name in ("types", "codes")),
    ]


# Changed


def test_a_dry_run_says_and_does_nothing(club: Event, tmp_path: Path) -> None:
    before = everything(club)

    said = import_event(
        tmp_path, described(title="Club Night II", areas=areas_with(capacity=150)), "--dry-run"
    )

    assert said == [
        'title: "Club Night" → "Club Night II"',
        "areas.floor.capacity: 200 → 150",
        "club-night: 2 differences. Nothing was changed.",
    ]
    assert everything(club) == before


def test_what_differs_is_changed_and_what_isnt_named_stays(club: Event, tmp_path: Path) -> None:
    said = import_event(
        tmp_path,
        {
            "slug": "club-night",
            "title": "Late Club Night",
            "types": [
                {"slug": "child", "quota": 20},
                {"slug": "student", "name": "Student", "price": "9.00"},
            ],
            "codes": [{"code": "spring", "amount_off": "5.00"}],
        },
    )

    assert said == [
        'title: "Club Night" → "Late Club Night"',
        "types.child.quota: 10 → 20",
        "types.student: made.",
        "codes.SPRING.percent_off: 20 → null",
        'codes.SPRING.amount_off: null → "5.00"',
        "club-night: 5 differences. Done.",
    ]
    club.refresh_from_db()
    assert (club.title, club.venue, club.seats.count()) == ("Late Club Night", "The Cellar", 208)
    assert [kind.slug for kind in club.types.all()] == ["adult", "child", "carer", "student"]


def test_null_empties(club: Event, tmp_path: Path) -> None:
    import_event(
        tmp_path,
        {"slug": "club-night", "cancellable_until": None, "types": [{"slug": "child", "quota": None}]},
    )

    club.refresh_from_db()
    assert (club.cancellable_until, club.types.get(slug="child").quota) == (None, None)


def test_what_is_held_keeps_its_price_and_stays(club: Event, tmp_path: Path) -> None:
    buy(club, seats={"A-1": "child", "A-12": "adult"}, floor=3, kind="adult")
    rows = hall_with({"numbers": "1-4,9-11", "price": "45.00"})

    said = import_event(tmp_path, described(areas=[*rows, areas_with(price="30.00", capacity=150)[1]]))

    assert said == [
        "areas.floor.capacity: 200 → 150",
        "areas.floor.price: 147 free places cost 30.00 now.",
        "A-2-4,9-11: price: 42.00 → 45.00",
        "A-1: unchanged, on hold.",
        "A-12: unchanged, on hold.",
        "club-night: 5 differences. Done.",
    ]
    kept = club.seats.exclude(booking=None)
    assert sorted(kept.values_list("label", "price")) == [
        ("A-1", 4200),
        ("A-12", 4200),
        ("Floor 1", 2500),
        ("Floor 2", 2500),
        ("Floor 3", 2500),
    ]


def test_a_seat_that_was_booked_once_is_no_place_and_can_be_one_again(club: Event, tmp_path: Path) -> None:
    release(buy(club, seats={"A-12": "adult"}))

    import_event(tmp_path, described(areas=hall_with({"numbers": "1-4", "price": "42.00"})))
    assert list(club.seats.filter(row="A").values_list("label", "state").order_by("number")) == [
        *((f"A-{number}", "for_sale") for number in (1, 2, 3, 4)),
        ("A-12", SeatState.NO_PLACE),
    ]
    import_event(tmp_path, CLUB_NIGHT)
    assert club.seats.drawn().free().count() == 8


def test_standing_places_that_were_booked_once_go_last_and_come_back(club: Event, tmp_path: Path) -> None:
    release(buy(club, floor=5, kind="adult"))

    import_event(tmp_path, described(areas=areas_with(capacity=3)))
    assert sorted(club.seats.standing().values_list("label", "state")) == [
        *((f"Floor {number}", "for_sale") for number in (1, 2, 3)),
        *((f"Floor {number}", "no_place") for number in (4, 5)),
    ]
    import_event(tmp_path, CLUB_NIGHT)
    assert club.seats.standing().free().count() == 200
    assert import_event(tmp_path, export_event()) == SAME


def test_two_areas_may_have_the_same_rows(tmp_path: Path) -> None:
    row = {"row": "A", "numbers": "1-2", "price": "20.00"}
    areas = [
        {"slug": "stalls", "name": "Stalls", "rows": [row]},
        {"slug": "balcony", "name": "Balcony", "rows": [row]},
    ]

    import_event(tmp_path, described(areas=areas, types=..., codes=...))

    labels = club_night().seats.order_by("pk").values_list("label", flat=True)
    assert list(labels) == ["A-1", "A-2", "Balcony A-1", "Balcony A-2"]
    assert import_event(tmp_path, export_event()) == SAME


def test_rows_are_in_the_order_of_the_file_whatever_their_names(tmp_path: Path) -> None:
    rows = [{"row": row, "numbers": "1", "price": "20.00"} for row in ("Front", "B", "A")]

    import_event(tmp_path, described(areas=[{"slug": "hall", "name": "Hall", "rows": rows}], types=...))

    assert [seat.row for seat in club_night().seats.in_row_order()] == ["Front", "B", "A"]
    assert import_event(tmp_path, export_event()) == SAME


def test_types_get_the_order_of_the_file(club: Event, tmp_path: Path) -> None:
    types = [{"slug": slug} for slug in ("carer", "adult")]

    assert import_event(tmp_path, {"slug": "club-night", "types": types})[0] == (
        "types: in the order carer, adult, child"
    )
    assert [kind.slug for kind in club.types.all()] == ["carer", "adult", "child"]


def test_who_sees_it_is_changed_last(club: Event, tmp_path: Path) -> None:
    import_event(tmp_path, {"slug": "club-night", "published": "hidden"})
    assert club_night().visibility == Visibility.HIDDEN
    assert export_event()["published"] == "hidden"
    import_event(tmp_path, {"slug": "club-night", "published": False})
    assert club_night().is_draft


def test_an_event_that_is_over_can_be_imported(tmp_path: Path) -> None:
    past = {
        "starts_at": "2020-03-05T22:00",
        "ends_at": "2020-03-06T04:00",
        "doors_open_at": None,
        "sales_from": "2020-01-01T10:00",
        "sales_until": "2020-03-05T22:00",
        "cancellable_until": None,
    }

    import_event(tmp_path, described(**past))

    assert club_night().visibility == Visibility.PUBLISHED


# Times


def test_an_hour_that_comes_twice_is_the_first(tmp_path: Path) -> None:
    autumn = {
        "starts_at": "2027-10-31T02:30",
        "ends_at": "2027-10-31T06:00",
        "sales_until": "2027-10-31T02:30",
    }

    import_event(tmp_path, described(**autumn))

    assert club_night().starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    second = {**autumn, "starts_at": "2027-10-31T02:30+01:00"}
    import_event(tmp_path, described(**second))
    assert club_night().starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert export_event()["starts_at"] == "2027-10-31T02:30+01:00"
    assert import_event(tmp_path, export_event()) == SAME


def test_what_somebody_has_tickets_for_is_moved_by_another_command(club: Event, tmp_path: Path) -> None:
    buy(club, seats={"A-1": ""})
    with pytest.raises(CommandError, match=r"^venue: Tickets are sold or on hold.*postpone_event"):
        import_event(tmp_path, described(venue="The Attic"))
    assert import_event(tmp_path, described(description="Loud."))[0] == 'description: "" → "Loud."'


def test_a_draft_with_a_hidden_one_beside_it_is_left_alone(club: Event, tmp_path: Path) -> None:
    other = make_event(slug="other")
    change_visibility(other, Visibility.HIDDEN)

    import_event(tmp_path, described(title="New"))

    other.refresh_from_db()
    assert other.visibility == Visibility.HIDDEN


def test_a_standing_area_that_is_renamed_renames_what_nobody_had(club: Event, tmp_path: Path) -> None:
    buy(club, floor=1, kind="adult")

    import_event(tmp_path, described(areas=areas_with(name="Pit")))

    labels = club.seats.standing().order_by("number").values_list("label", flat=True)
    assert list(labels[:3]) == ["Floor 1", "Pit 2", "Pit 3"]


def test_limits_and_questions_are_described_too(tmp_path: Path) -> None:
    questions = [
        {"text": "Where do you come from?", "help": "For our statistics."},
        {"text": "Menu", "kind": "choice", "options": ["Fish", "None"], "per": "ticket", "required": True},
    ]
    limits = {"most_per_order": 6, "most_per_customer": 8, "ticket_names": "required"}

    import_event(tmp_path, described(questions=questions, **limits))

    club = club_night()
    assert (club.most_per_order, club.most_per_customer, club.ticket_names) == (6, 8, "required")
    assert [one.choices for one in club.questions.all()] == [[], ["Fish", "None"]]
    assert export_event()["questions"] == questions
    assert import_event(tmp_path, export_event()) == SAME
