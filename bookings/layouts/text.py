"""
Read layouts that people write, a row in a line.

    curve 3
    [Stalls]
    A: 1-4 _ 5-12 @ 42.00 # 1 wheelchair # 2 companion
    B-F: 1-14
    [Balcony]
    A: odd 9-1 _ even 2-10 @ 25.00 # restricted view

``_`` leaves a seat free, ``.`` half of one. Rows are centred, and ``+1`` or ``-1`` shifts one by half a seat.
A row that is there already goes on.
``docs/staff.md`` explains it all.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bookings.layouts.reading import MOST_SEATS, WIDEST, Layout, Mistake, Problem, Unreadable
from bookings.models.event import MAX_CURVE
from bookings.money import require_chargeable
from bookings.seats.layout import PlannedPlace
from bookings.typed_money import read_money

AREA = re.compile(r"\[\s*(?P<name>[^\[\]]{1,40}?)\s*\]")
ROW = re.compile(r"(?P<names>[^:@#]{1,60}):(?P<seats>[^@#]*)(?:@(?P<price>[^#]*))?(?P<notes>#.*)?")
SEATS = re.compile(r"(?P<first>\d{1,4})(?:-(?P<last>\d{1,4}))?")
SHIFT = re.compile(r"[+-]\d{1,3}")
NAME = re.compile(r"[\w .]{1,10}")
NOTE = re.compile(r"(?P<numbers>\d[\d\s,-]*(?=\s))?(?P<words>.*)")
STEPS = {"odd": 1, "even": 0}  # what is left of a number that is divided by two
GAPS = {"_": 2, ".": 1}  # half seats
LONGEST_NOTES = 100
FIRST_COLUMN = 2


@dataclass
class _Row:
    """A row: its seats, each with its place from the row's left end, and its width, all in half seats."""

    name: str
    seats: list[PlannedPlace] = field(default_factory=list)
    width: int = 0
    shift: int = 0


@dataclass
class _Area:
    name: str | None
    rows: list[_Row] = field(default_factory=list)
    curve: int = 0
    is_left: bool = False

    def row(self, name: str) -> _Row:
        """Return the row of this name, which another line may have begun."""
        for row in self.rows:
            if row.name == name:
                return row
        self.rows.append(_Row(name))
        return self.rows[-1]


def read_text(text: str, currency: str) -> Layout:
    """Return the layout that ``text`` describes, with prices in ``currency``; raise ``Unreadable``."""
    return _Reader(currency).read(text)


class _Reader:
    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.areas = [_Area(None)]
        self.stage: int | None = 0
        self.price: int | None = None
        self.count = 0

    def read(self, text: str) -> Layout:
        problems = []
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                self._read_line(line.strip())
            except Mistake as mistake:
                problems.append(Problem(number, str(mistake)))
        if problems:
            raise Unreadable(problems)
        areas = [area for area in self.areas if area.rows]
        places = list(_label(place for area in areas for place in _arrange(area)))
        return Layout(places, self.stage, {area.name: area.curve for area in areas})

    def _read_line(self, line: str) -> None:
        word, _space, rest = line.partition(" ")
        if not line or line.startswith("#"):
            return
        if found := AREA.fullmatch(line):
            self._begin_area(found["name"])
        elif line.casefold() in {"stage", "no stage"}:
            self.stage = sum(bool(area.rows) for area in self.areas) if line.casefold() == "stage" else None
        elif line.casefold() == "left":
            self.areas[-1].is_left = True
        elif word.casefold() == "curve":
            self.areas[-1].curve = _read_curve(rest)
        elif line.startswith("@"):
            self.price = self._read_price(line[1:])
        elif found := ROW.fullmatch(line):
            self._read_rows(found)
        else:
            raise Mistake(f"“{line[:40]}” isn’t a row, such as A: 1-12, or an area, such as [Balcony].")

    def _begin_area(self, name: str) -> None:
        if any(area.name == name for area in self.areas):
            raise Mistake(f"There is an area {name} already.")
        self.areas.append(_Area(name))

    def _read_price(self, typed: str) -> int:
        try:
            price = read_money(typed, self.currency)
            if price:
                require_chargeable(price, self.currency)
        except ValueError as error:
            raise Mistake(str(error)) from error
        return price

    def _read_rows(self, found: re.Match[str]) -> None:
        price = self.price if found["price"] is None else self._read_price(found["price"])
        area = self.areas[-1]
        for name in _read_names(found["names"]):
            row = area.row(name)
            seats, row.width, shift = _read_seats(name, found["seats"], row.width)
            notes = _read_notes(found["notes"] or "", [seat.number for seat in seats])
            row.shift += shift
            row.seats += [
                replace(seat, area=area.name, price=price, notes=notes.get(seat.number)) for seat in seats
            ]
            _require_once(row)
            self.count += len(seats)
            if self.count > MOST_SEATS:
                raise Mistake(f"A layout can have up to {MOST_SEATS} seats.")


def _read_curve(typed: str) -> int:
    if not re.fullmatch(r"\s*\d\d?\s*", typed) or int(typed) > MAX_CURVE:
        raise Mistake(f"A curve is a number from 0 (straight) to {MAX_CURVE}.")
    return int(typed)


def _read_names(typed: str) -> list[str]:
    """Return the names of rows: ``A-C, K`` are four, and ``1-12`` twelve."""
    names = [name for part in typed.split(",") for name in _spread(part.strip())]
    for name in names:
        if not NAME.fullmatch(name):
            raise Mistake(f"“{name[:20]}” can’t be a row’s name: use up to 10 letters or digits.")
    return names


def _spread(part: str) -> Iterator[str]:
    first, dash, last = (name.strip() for name in part.partition("-"))
    if not dash:
        yield part
    elif first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= int(first) + 200:
        yield from map(str, range(int(first), int(last) + 1))
    elif len(first) == len(last) == 1 and first.isalpha() and first <= last:
        yield from (chr(letter) for letter in range(ord(first), ord(last) + 1))
    else:
        raise Mistake(f"“{part}” aren’t rows: write A-F, or 1-12.")


def _read_seats(name: str, typed: str, at: int) -> tuple[list[PlannedPlace], int, int]:
    """Return seats that begin ``at`` this place of their row, where they end, and how far it is shifted."""
    seats: list[PlannedPlace] = []
    shift, parity = 0, None
    for word in _words(typed):
        if word.casefold() in STEPS:
            parity = STEPS[word.casefold()]
        elif word in GAPS:
            at += GAPS[word]
        elif SHIFT.fullmatch(word):
            shift += int(word)
        elif found := SEATS.fullmatch(word):
            for number in _numbers(found, parity):
                seats.append(PlannedPlace(None, name, number, "", column=at))
                at += 2
            parity = None
        else:
            raise Mistake(
                f"“{word[:20]}” isn’t part of a row. Write numbers, such as 1-12, or _ for an aisle."
            )
        if at > WIDEST or abs(shift) > WIDEST:
            raise Mistake(f"A row can be up to {WIDEST // 2} seats wide.")
    if parity is not None:
        raise Mistake("After odd or even, write which numbers, such as odd 1-9.")
    if not seats:
        raise Mistake(f"Row {name} has no seats.")
    return seats, at, shift


def _words(typed: str) -> Iterator[str]:
    """Yield the words of a row; aisles need no space between them, nor commas."""
    for word in typed.replace(",", " ").split():
        if set(word) <= GAPS.keys():
            yield from word
        else:
            yield word


def _numbers(found: re.Match[str], parity: int | None) -> Iterator[int]:
    first = int(found["first"])
    last = int(found["last"] or first)
    step = 1 if first <= last else -1
    if abs(first - last) > WIDEST:
        raise Mistake(f"A row can be up to {WIDEST // 2} seats wide.")
    for number in range(first, last + step, step):
        if parity is None or number % 2 == parity:
            yield number


def _require_once(row: _Row) -> None:
    counted = Counter(seat.number for seat in row.seats)
    if twice := [number for number, count in counted.items() if count > 1]:
        raise Mistake(f"Seat {twice[0]} is in row {row.name} twice.")


def _read_notes(typed: str, numbers: list[int]) -> dict[int, str]:
    """Return the notes for each number: ``# 1-2 wheelchair # restricted view``."""
    notes: dict[int, list[str]] = {}
    for part in typed.split("#")[1:]:
        found = NOTE.fullmatch(part.strip())
        if not found or not found["words"].strip():
            raise Mistake("After #, write what buyers should know, such as # 1-2 wheelchair.")
        meant = list(_listed(found["numbers"])) if found["numbers"] else numbers
        if unknown := sorted(set(meant) - set(numbers)):
            raise Mistake(f"The row has no seat {unknown[0]}, which a note is about.")
        for number in meant:
            notes.setdefault(number, []).append(found["words"].strip())
    joined = {number: ", ".join(words) for number, words in notes.items()}
    if any(len(words) > LONGEST_NOTES for words in joined.values()):
        raise Mistake(f"Notes can have up to {LONGEST_NOTES} characters.")
    return joined


def _listed(typed: str) -> Iterator[int]:
    for word in typed.replace(",", " ").split():
        found = SEATS.fullmatch(word)
        if not found:
            raise Mistake(f"“{word}” aren’t numbers of seats, such as 1-2.")
        yield from _numbers(found, None)


def _arrange(area: _Area) -> Iterator[PlannedPlace]:
    """Yield the seats of ``area`` with their columns, and ranks if the order of rows isn't that of names."""
    names = [row.name for row in area.rows]
    is_natural = names == sorted(names, key=lambda name: (len(name), name))
    widest = max(row.width for row in area.rows)
    starts = [(0 if area.is_left else (widest - row.width) // 2) + row.shift for row in area.rows]
    least = min(starts)
    for rank, (start, row) in enumerate(zip(starts, area.rows, strict=True), start=1):
        for seat in row.seats:
            column = FIRST_COLUMN + start + (seat.column or 0) - min(least, 0)
            yield replace(seat, column=column, row_rank=0 if is_natural else rank)


def _label(places: Iterator[PlannedPlace]) -> Iterator[PlannedPlace]:
    """Yield ``places`` with labels: A-1, and if another area has one, Balcony A-1."""
    taken: set[str] = set()
    for place in places:
        label = f"{place.row}-{place.number}"
        if label in taken:
            label = f"{place.area} {label}"
        taken.add(label)
        yield replace(place, label=label)
