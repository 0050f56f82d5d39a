"""The seats of an area in a description: rows, each with numbers, a price, and what is special there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bookings.describing import kinds
from bookings.describing.errors import BadDescription, join
from bookings.describing.json_text import objects, require, require_given, require_known, show
from bookings.describing.kinds import Setting
from bookings.describing.numbers import parse_numbers, spell_numbers
from bookings.models import Seat, SeatState

ROW = ("row", "numbers", "price", "notes", "rank", "columns", "held_back")
LONGEST_ROW, LONGEST_NOTES, LONGEST_WHOM, LONGEST_WHY = 20, 100, 100, 200  # characters
MOST_SEATS = 50_000
SMALL = range(-32_768, 32_768)  # PostgreSQL's smallint


@dataclass(frozen=True)
class PlannedSeat:
    """
    A seat as a description has it, at ``path``.

    Without a ``price`` (minor units) it keeps what it costs. ``also`` has those of its other columns that are
    named.
    """

    row: str
    number: int
    price: int | None
    also: Mapping[str, Any]
    path: str

    @property
    def place(self) -> tuple[str, int]:
        return self.row, self.number


def read_rows(
    given: Mapping[str, Any], path: str, setting: Setting, *, price: int | None
) -> list[PlannedSeat]:
    """Return the seats of an area's rows, at ``price`` where a row has none; raise ``BadDescription``."""
    seats: list[PlannedSeat] = []
    for row, at in objects(given, "rows", path):
        seats += _read_row(row, at, setting, price)
        if len(seats) > MOST_SEATS:
            raise BadDescription(at, f"These are more than {MOST_SEATS:,} seats.")
    known: set[tuple[str, int]] = set()
    for seat in seats:
        if seat.place in known:
            raise BadDescription(seat.path, f"Seat {seat.row}-{seat.number} is there twice.")
        known.add(seat.place)
    return _in_their_order(seats)


def _read_row(row: dict[str, Any], at: str, setting: Setting, price: int | None) -> Iterator[PlannedSeat]:
    require_known(row, ROW, at)
    require_given(row, ("row", "numbers"), at)
    name = require(row["row"], str, f"{at}.row").strip()
    if not name or not name.isprintable() or "," in name or len(name) > LONGEST_ROW:
        raise BadDescription(f"{at}.row", f"must be a name of at most {LONGEST_ROW} characters, no comma.")
    numbers = parse_numbers(require(row["numbers"], str, f"{at}.numbers"), f"{at}.numbers")
    if "price" in row:
        price = kinds.PRICE.read(row["price"], f"{at}.price", setting)
    also: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, read in READERS.items():
        if key in row:
            for number, columns in read(row[key], numbers, f"{at}.{key}"):
                also[number] |= columns
    for number in numbers:
        yield PlannedSeat(name, number, price, also[number], at)


Columns = Iterator[tuple[int, dict[str, Any]]]


def _notes(given: Any, numbers: list[int], path: str) -> Columns:
    notes = dict(_by_number(given, numbers, path))
    for number in numbers:
        typed = require(notes.get(number, ""), str, f"{path}.{number}")
        spelled = ", ".join(Seat(notes=typed).notes_given)
        if len(spelled) > LONGEST_NOTES or not spelled.isprintable():
            raise BadDescription(f"{path}.{number}", f"must have at most {LONGEST_NOTES} characters.")
        yield number, {"notes": spelled}


def _rank(given: Any, numbers: list[int], path: str) -> Columns:
    rank = _small(given, path)
    for number in numbers:
        yield number, {"row_rank": rank}


def _columns(given: Any, numbers: list[int], path: str) -> Columns:
    columns = require(given, list, path)
    if len(columns) != len(numbers):
        raise BadDescription(path, f"has {len(columns)} columns for {len(numbers)} numbers.")
    for place, number in enumerate(numbers):
        column = columns[place]
        yield number, {"column": None if column is None else _small(column, f"{path}[{place}]")}


def _small(value: Any, path: str) -> int:
    number = require(value, int, path)
    if number not in SMALL:
        raise BadDescription(path, f"must be between {SMALL[0]} and {SMALL[-1]}.")
    return number


def _held_back(given: Any, numbers: list[int], path: str) -> Columns:
    kept = dict(_by_number(given, numbers, path))
    for number in numbers:
        at = f"{path}.{number}"
        if number not in kept:
            yield number, {"state": SeatState.FOR_SALE, "held_back_for": "", "held_back_note": ""}
            continue
        why = kept[number] if isinstance(kept[number], dict) else {"for": kept[number]}
        require_known(why, ("for", "note"), at)
        whom, note = (require(why.get(key, ""), str, join(at, key)).strip() for key in ("for", "note"))
        if len(whom) > LONGEST_WHOM or len(note) > LONGEST_WHY or not (whom + note).isprintable():
            raise BadDescription(at, "must be a short text, for whom it is kept.")
        yield number, {"state": SeatState.HELD_BACK, "held_back_for": whom, "held_back_note": note}


READERS = {"notes": _notes, "rank": _rank, "columns": _columns, "held_back": _held_back}


def _by_number(given: Any, numbers: list[int], path: str) -> Iterator[tuple[int, Any]]:
    """Yield what an object has for some of ``numbers``, which are its keys."""
    by_key = {str(number): number for number in numbers}
    for key, value in require(given, dict, path).items():
        if key not in by_key:
            raise BadDescription(join(path, show(key)), "is no number of this row.")
        yield by_key[key], value


def _in_their_order(seats: list[PlannedSeat]) -> list[PlannedSeat]:
    """Return ``seats``, whose rows have ranks if they would be in another order by their names."""
    rows = list(dict.fromkeys(seat.row for seat in seats))
    if rows == sorted(rows, key=lambda row: (len(row), row)) or any("row_rank" in it.also for it in seats):
        return seats
    ranks = {row: rank for rank, row in enumerate(rows, start=1)}
    return [
        PlannedSeat(it.row, it.number, it.price, {**it.also, "row_rank": ranks[it.row]}, it.path)
        for it in seats
    ]


def write_rows(seats: Iterable[Seat], setting: Setting) -> list[dict[str, Any]]:
    """Return the rows of ``seats``, which are those of one area, from the front; without what is no place."""
    places = [seat for seat in seats if seat.state != SeatState.NO_PLACE]
    by_row = sorted(
        places, key=lambda seat: (seat.row_rank, len(seat.row), seat.row, seat.price, seat.number)
    )
    return [
        _write_row(list(alike), setting)
        for _like, alike in groupby(by_row, lambda seat: (seat.row_rank, seat.row, seat.price))
    ]


def _write_row(seats: list[Seat], setting: Setting) -> dict[str, Any]:
    first = seats[0]
    row: dict[str, Any] = {
        "row": first.row,
        "numbers": spell_numbers(seat.number for seat in seats),
        "price": kinds.PRICE.write(first.price, setting),
    }
    if notes := {str(seat.number): seat.notes for seat in seats if seat.notes}:
        row["notes"] = notes
    if first.row_rank:
        row["rank"] = first.row_rank
    if any(seat.column is not None for seat in seats):
        row["columns"] = [seat.column for seat in seats]
    if kept := [seat for seat in seats if seat.state == SeatState.HELD_BACK]:
        row["held_back"] = {str(seat.number): _write_kept(seat) for seat in kept}
    return row


def _write_kept(seat: Seat) -> str | dict[str, str]:
    if not seat.held_back_note:
        return seat.held_back_for
    return {"for": seat.held_back_for, "note": seat.held_back_note}
