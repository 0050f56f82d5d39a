"""Where the seats of an area are drawn: the gaps between them, and how far a curve lifts each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

WIDEST_GAP = 16  # half seats that one element of the page can leave free; a wider gap is several
LONGEST_JUMP = 12  # seats; where more numbers are missing, the house counts its blocks by hundreds
JUMP = 2  # seats that such a jump leaves free
STEPS = 2  # eighths of a seat for each step of a curve, which is counted in quarters

Gaps = tuple[int, ...]  # half seats each


class Position(NamedTuple):
    """A seat's number in its row, and its column in half seats, if it has one."""

    number: int
    column: int | None


class Spot(NamedTuple):
    """Where a seat is drawn: ``gaps`` before it, and ``lift`` in eighths of a seat."""

    gaps: Gaps
    lift: int


@dataclass(frozen=True)
class Line:
    """A row: a spot for each of its seats, and the gaps after the last."""

    spots: list[Spot]
    end: Gaps


@dataclass(frozen=True)
class Arrangement:
    """The rows of an area; the longest is ``width`` seats wide."""

    lines: list[Line]
    width: float


def arrange(rows: Sequence[Sequence[Position]], curve: int = 0) -> Arrangement:
    """
    Arrange the ``rows`` of one area, none of them empty, whose seats are in their order.

    If any seat has a column, all are where their columns say. Otherwise each row is centred, with a gap where
    numbers are missing. The ends of the widest row are ``curve`` quarters of a seat nearer to the stage.
    """
    has_columns = any(seat.column is not None for row in rows for seat in row)
    places = [_columns(row) if has_columns else _counted(row) for row in rows]
    left = min((row[0] for row in places), default=0)
    right = max((row[-1] for row in places), default=0)
    half = max((row[-1] - row[0] for row in places), default=0) / 2
    if has_columns:
        middle, half = (left + right) / 2, (right - left) / 2
        lines = [_line(row, left, right, middle, half, curve) for row in places]
    else:
        lines = [_line(row, row[0], row[-1], (row[0] + row[-1]) / 2, half, curve) for row in places]
    return Arrangement(lines, half + 1)


def from_middle(rows: Sequence[Sequence[Position]]) -> list[list[float]]:
    """Return how far ``arrange`` draws each seat from the middle of the map, in half seats."""
    has_columns = any(seat.column is not None for row in rows for seat in row)
    places = [_columns(row) if has_columns else _counted(row) for row in rows]
    whole = (min(row[0] for row in places) + max(row[-1] for row in places)) / 2 if rows else 0
    middles = [whole if has_columns else (row[0] + row[-1]) / 2 for row in places]
    return [[place - middle for place in row] for row, middle in zip(places, middles, strict=True)]


def _columns(row: Sequence[Position]) -> list[int]:
    return [2 * seat.number if seat.column is None else seat.column for seat in row]


def _counted(row: Sequence[Position]) -> list[int]:
    places = [0]
    for before, seat in pairwise(row):
        step = seat.number - before.number
        places.append(places[-1] + 2 * (step if step <= LONGEST_JUMP else JUMP + 1))
    return places


def _line(places: list[int], left: int, right: int, middle: float, half: float, curve: int) -> Line:
    before = [left - 2, *places]
    spots = [
        Spot(_gaps(place - last - 2), round(STEPS * curve * ((place - middle) / (half or 1)) ** 2))
        for last, place in zip(before, places, strict=False)
    ]
    return Line(spots, _gaps(right - places[-1]))


def _gaps(width: int) -> Gaps:
    if width <= 0:
        return ()
    whole, rest = divmod(width, WIDEST_GAP)
    return (*([WIDEST_GAP] * whole), *([rest] if rest else []))
