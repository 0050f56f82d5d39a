"""How the map draws a house: gaps, areas, the stage, and rows in their order."""

import re
from typing import Any

import pytest
from django.test import Client

from bookings.layouts.applying import apply_layout, read_layout
from bookings.models import Event
from bookings.seats.geometry import Arrangement, Position, arrange
from bookings.seats.layout import add_rows


def page(client: Client) -> str:
    return client.get("/events/demo-night/").content.decode()


def gaps(arranged: Arrangement) -> list[list[int]]:
    """Return the half seats that are free before each seat of each row."""
    return [[sum(spot.gaps) for spot in line.spots] for line in arranged.lines]


def counted(*numbers: int) -> list[Position]:
    return [Position(number, None) for number in numbers]


def test_where_numbers_are_missing_nothing_is_drawn() -> None:
    assert gaps(arrange([counted(1, 2, 5, 6)])) == [[0, 0, 4, 0]]


def test_blocks_that_are_counted_by_hundreds_are_an_aisle_apart() -> None:
    assert gaps(arrange([counted(101, 102, 201, 202)])) == [[0, 0, 4, 0]]


def test_columns_say_where_a_seat_is_in_every_row() -> None:
    arranged = arrange([[Position(1, 2), Position(2, 4)], [Position(1, 5), Position(2, 7)]])

    assert gaps(arranged) == [[0, 0], [3, 0]]
    assert ([line.end for line in arranged.lines], arranged.width) == ([(3,), ()], 3.5)


def test_a_curve_lifts_both_ends_alike_and_the_middle_not_at_all() -> None:
    (line,) = arrange([counted(1, 2, 3, 4, 5)], curve=4).lines

    assert [spot.lift for spot in line.spots] == [8, 2, 0, 2, 8]


@pytest.mark.parametrize(
    "seats", [[], [counted(1)], [counted(3, 3)], [[Position(1, 2)], counted(9)]], ids=str
)
def test_whatever_is_in_the_database_can_be_drawn(seats: list[list[Position]]) -> None:
    assert arrange(seats, curve=9).width >= 0


def test_an_aisle_is_on_the_page_and_a_missing_number_too(client: Client, event: Event) -> None:
    event.seats.filter(label="A-4").delete()

    assert re.search(r'value="A-3"[^>]*><i class="gap" data-w="2"></i><input[^>]*value="A-5"', page(client))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("[A]\nA: 1 @ 9\n[B]\nB: 1 @ 9", ["Stage", "A", "B"]),
        ("[A]\nA: 1 @ 9\nstage\n[B]\nB: 1 @ 9", ["A", "Stage", "B"]),
        ("[A]\nA: 1 @ 9\n[B]\nB: 1 @ 9\nstage", ["A", "B", "Stage"]),
        ("no stage\n[A]\nA: 1 @ 9\n[B]\nB: 1 @ 9", ["A", "B"]),
    ],
)
def test_areas_and_the_stage_are_where_the_layout_has_them(
    client: Client, event: Event, text: str, drawn: list[str]
) -> None:
    apply_layout(event, read_layout(text, "eur"))

    assert re.findall(r'<p class="stage">(\w+)|class="area-name"[^>]*><span>(\w+)', page(client)) == [
        (name, "") if name == "Stage" else ("", name) for name in drawn
    ]


def test_rows_are_in_the_order_of_the_layout_and_else_in_that_of_their_names(
    client: Client, event: Event
) -> None:
    def rows() -> list[Any]:
        return re.findall(r'data-row="(\w+)"', page(client))

    add_rows(event, rows=["10", "9"], numbers=[1], price=2000)
    assert rows() == ["9", "A", "B", "10"]
    apply_layout(event, read_layout("B: 1-10\nA: 1-10", "eur"))
    assert rows() == ["B", "A"]
    add_rows(event, rows="CD", numbers=[1, 2], price=2000)
    assert rows() == ["B", "A", "C", "D"]
