"""Layouts: what their text means, what is wrong with it, and what applying one does to an event."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.layouts.applying import apply_layout, read_layout
from bookings.layouts.reading import Unreadable
from bookings.layouts.writing import write_text
from bookings.models import Event, VenueLayout
from tests.support.staff import somebody_of, told

HOUSE = """\
# The hall on the first floor
[Stalls]
curve 2
@ 42.00
A: 1-4 _ 5-8 # 1 wheelchair # 2 companion
B: 1-8 +1
[Balcony]
A: odd 5-1 . even 2-6 @ 25.00 # restricted view
stage
"""


def places(text: str) -> dict[str, tuple[Any, ...]]:
    """Return the column, price in cents and notes of each seat."""
    return {one.label: (one.column, one.price, one.notes) for one in read_layout(text, "eur").places}


def columns(text: str) -> dict[str, int | None]:
    return {one.label: one.column for one in read_layout(text, "eur").places}


def test_a_house_is_read_as_it_is_written() -> None:
    layout = read_layout(HOUSE, "eur")
    read = places(HOUSE)

    assert (layout.stage, layout.curves, len(layout.places)) == (2, {"Stalls": 2, "Balcony": 0}, 22)
    assert read["A-1"] == (2, 4200, "wheelchair")
    assert (read["A-4"][0], read["A-5"][0]) == (8, 12)
    assert read["B-1"] == (4, 4200, None)  # Centred it would begin at 3.
    assert read["Balcony A-1"] == (6, 2500, "restricted view")
    assert read["Balcony A-2"] == (9, 2500, "restricted view")


def test_rows_are_centred_or_begin_at_the_left() -> None:
    assert columns("A: 1-4\nB: 1-2")["B-1"] == 4
    assert columns("left\nA: 1-4\nB: 1-2")["B-1"] == 2


def test_seats_can_be_counted_from_the_right() -> None:
    assert columns("A: 3-1") == {"A-3": 2, "A-2": 4, "A-1": 6}


def test_rows_in_another_order_than_their_names_have_ranks() -> None:
    ranks = {one.row: one.row_rank for one in read_layout("B: 1\nA: 1", "eur").places}

    assert ranks == {"B": 1, "A": 2}
    assert {
        one.row_rank for one in read_layout("9: 1\n10: 1\nA-B: 1\n".replace("A-B", "11"), "eur").places
    } == {0}


def test_a_row_goes_on_at_another_price() -> None:
    assert places("A: 1-2 @ 42\nA: _ 3 @ 30") == {
        "A-1": (2, 4200, None),
        "A-2": (4, 4200, None),
        "A-3": (8, 3000, None),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A: 1-4\nrow of seats", "Line 2: “row of seats” isn’t a row"),
        ("A: 1-4 x", "Line 1: “x” isn’t part of a row."),
        ("A: 1-4 4-6", "Line 1: Seat 4 is in row A twice."),
        ("A: _", "Line 1: Row A has no seats."),
        ("A: odd", "Line 1: After odd or even"),
        ("A: 1-9000", "Line 1: A row can be up to 300 seats wide."),
        ("A: 1-4 @ 4x", "Line 1: Enter an amount"),
        ("A: 1-4 @ 0.10", "Line 1: Stripe charges"),
        ("A: 1-4 # 7 wheelchair", "Line 1: The row has no seat 7"),
        ("A: 1-4 #", "Line 1: After #"),
        ("A-9: 1-4", "Line 1: “A-9” aren’t rows"),
        ("curve " + "9" * 5_000, "Line 1: A curve is a number from 0"),
        ("row,number,column\nA,1,9999", "Line 2: column: from 0 to 600."),
        ("row,number\nA,1\rB", "Line 1: The CSV can’t be read"),
        ("curve 12", "Line 1: A curve is a number from 0 (straight) to 9."),
        ("[A]\nA: 1\n[A]", "Line 3: There is an area A already."),
        ("Very long name: 1", "Line 1: “Very long name” can’t be a row’s name"),
        ("row,number\nA,x", "Line 2: number: “x” isn’t a whole number."),
        ("row,number,size\nA,1,2", "Line 1: “size” isn’t a column."),
        ("row,number,state\nA,1,gone", "Line 2: state: “gone” isn’t known."),
        ("row,number\nA,1,2", "Line 2: There are more values than columns."),
        ("row;number\n;1", "Line 2: The row has no name."),
    ],
    ids=lambda it: it[:40],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_layout(text, "eur")

    assert str(refusal.value).startswith(problem)


def test_every_wrong_line_is_named() -> None:
    with pytest.raises(Unreadable) as refusal:
        read_layout("x\nA: 1\ny", "eur")

    assert [problem.line for problem in refusal.value.problems] == [1, 3]


def test_a_csv_is_read(event: Event) -> None:
    text = "Area;Row;Number;Price;Column;Notes;State\n"
    text += "Hall;A;1;42,00;2;wheelchair;held back\nHall;A;2;42,00;6;;\n"
    apply_layout(event, read_layout(text, "eur"))
    first, second = event.seats.in_row_order()

    assert (first.notes, first.state, first.column, first.price) == ("wheelchair", "held_back", 2, 4200)
    assert (second.state, second.place, str(second.area)) == ("for_sale", 6, "Hall")


def test_a_layout_gives_an_event_its_areas_stage_and_curves(event: Event) -> None:
    apply_layout(event, read_layout(HOUSE, "eur"))
    event.refresh_from_db()

    assert (event.stage, event.curve) == (2, 0)
    assert [(area.name, area.curve) for area in event.areas.all()] == [("Stalls", 2), ("Balcony", 0)]
    assert event.seats.count() == 22


ROWS = st.lists(
    st.lists(
        st.sampled_from(["_", ".", "1-4", "8-5", "odd 9-15", "20", "even 30-24"]), min_size=1, unique=True
    ),
    min_size=1,
    max_size=3,
).filter(lambda rows: all(any(word not in "_." for word in row) for row in rows))


@settings(max_examples=100, deadline=None, database=None)
@given(ROWS, st.sampled_from(["", "left\n", "curve 3\n", "no stage\n"]), st.integers(-3, 3))
def test_what_is_written_of_an_event_is_the_same_layout(rows: list[list[str]], head: str, shift: int) -> None:
    text = head + "".join(
        f"{name}: {' '.join(row)} {shift:+d} @ 10.00 # {row and 'little legroom'}\n"
        for name, row in zip("ABC", rows, strict=False)
    )
    assert read_layout(text, "eur").places


@pytest.mark.parametrize(
    "text",
    [
        HOUSE,
        "no stage\nB: 1-4 @ 10\nA: 2-8 .. 9 @ 20 # 9 a pillar",
        "A: 1-2 @ 42\nA: _ 3 @ 30",
        "stage\nA: 1 @ 5",
    ],
)
def test_an_events_layout_can_be_written_and_read_again(event: Event, text: str) -> None:
    apply_layout(event, read_layout(text, "eur"))
    event.refresh_from_db()
    before = list(event.seats.in_row_order().values_list("label", "price", "notes"))
    written = write_text(event)
    done = apply_layout(event, read_layout(written, "eur"))

    assert not done.added, written
    assert not done.removed, written
    assert not done.changed, written
    assert list(event.seats.in_row_order().values_list("label", "price", "notes")) == before


# The page


def page(event: Event) -> str:
    return f"/admin/bookings/event/{event.pk}/layout/"


def seen(answer: Any) -> str:
    return str(answer.context["digest"])


def test_nothing_is_applied_before_its_differences_were_seen(event: Event) -> None:
    staff = somebody_of("Events")
    looked = staff.post(page(event), {"text": HOUSE, "apply": "1"})
    assert "Area Stalls: added." in looked.content.decode()
    assert event.seats.count() == 20

    answer = staff.post(page(event), {"text": HOUSE, "apply": "1", "seen": seen(looked)}, follow=True)

    assert told(answer) == ["Seats: 6 added, 10 changed, 4 removed, 0 kept because they’re sold."]
    assert event.seats.count() == 22


def test_a_layout_is_kept_for_the_next_event(event: Event) -> None:
    staff = somebody_of("Events")
    staff.post(page(event), {"text": HOUSE, "keep": "1", "name": "The Old Playhouse"})
    kept = VenueLayout.objects.get()

    assert kept.text == HOUSE
    assert "[Balcony]" in staff.get(f"{page(event)}?take={kept.pk}").content.decode()
    assert staff.get(f"{page(event)}?take=x").status_code == 200
    assert staff.post(page(event), {"text": HOUSE, "keep": "1"}).status_code == 400


def test_the_page_begins_with_the_seats_that_there_are(event: Event) -> None:
    answer = somebody_of("Events").get(page(event))

    assert answer.context["form"].initial["text"] == "@ 42.00\nA: 1-10\n@ 32.00\nB: 1-10\n"
    assert answer.context["differences"] == []


def test_a_layout_of_other_columns_that_looks_the_same_draws_nothing_elsewhere(event: Event) -> None:
    for seat in event.seats.all():
        seat.column = 7 + 2 * seat.number
        seat.save()
    staff = somebody_of("Events")
    answer = staff.get(page(event))
    written = answer.context["form"].initial["text"]
    assert answer.context["differences"] == []

    swapped = staff.post(page(event), {"text": written.replace("B: 1-10", "B: 1-8 10 9")})

    assert set(swapped.context["differences"]) == {"B-9: drawn elsewhere.", "B-10: drawn elsewhere."}


def test_the_preview_draws_without_saving(event: Event) -> None:
    answer = somebody_of("Events").post(f"{page(event)[:-1]}_preview/", {"text": HOUSE})
    drawn = answer.content.decode()

    assert answer.status_code == 200
    assert 'data-curve="2"' in drawn
    assert 'aria-label="Balcony, Row A, seat 5, €25.00, restricted view"' in drawn
    assert event.seats.count() == 20


def test_a_broken_layout_is_refused_with_its_line(event: Event, client: Client) -> None:
    staff = somebody_of("Events")
    for text in ("A: x", "A: 1"):
        answer = staff.post(page(event), {"text": text, "apply": "1"})
        assert answer.status_code in {200, 400}
    assert "Line 1: “x” isn’t part of a row." in staff.post(page(event), {"text": "A: x"}).content.decode()
    assert event.seats.count() == 20
