"""Read layouts from a CSV, as spreadsheets and other ticket shops write them."""

import csv
import re
from collections.abc import Iterator
from io import StringIO

from bookings.layouts.reading import MOST_SEATS, WIDEST, Layout, Mistake, Problem, Unreadable
from bookings.models import SeatState
from bookings.money import require_chargeable
from bookings.seats.layout import PlannedPlace
from bookings.typed_money import read_money

COLUMNS = ("area", "row", "number", "label", "price", "column", "row_rank", "notes", "state")
NEEDED = {"row", "number"}
LONGEST = {"area": 40, "row": 20, "label": 60, "notes": 100}  # characters
WHOLE = re.compile(r"-?\d{1,4}")


def is_csv(text: str) -> bool:
    """Return whether the first line of ``text`` names the columns of a CSV."""
    return set(_head(text)) >= NEEDED


def _head(text: str) -> list[str]:
    first = text.lstrip("\ufeff \n\r\t").partition("\n")[0]
    return [name.strip().strip('"').casefold() for name in re.split("[,;\t]", first)]


def read_csv(text: str, currency: str) -> Layout:
    """
    Return the layout in a CSV whose first line names its columns, at least ``row`` and ``number``.

    Commas, semicolons or tabs separate. Prices are in ``currency``. Raise ``Unreadable``.
    """
    text = text.lstrip("\ufeff \n\r\t")
    first = text.partition("\n")[0]
    reader = csv.reader(StringIO(text), delimiter=max(",;\t", key=first.count))
    names = [name.strip().casefold() for name in next(reader, [])]
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Unreadable([Problem(1, f"“{unknown[0]}” isn’t a column. Columns: {', '.join(COLUMNS)}.")])
    places: list[PlannedPlace] = []
    problems: list[Problem] = []
    for values in _lines(reader):
        if not any(value.strip() for value in values):
            continue
        try:
            if len(places) >= MOST_SEATS:
                raise Mistake(f"A layout can have up to {MOST_SEATS} seats.")
            places.append(_read_place(names, values, currency))
        except Mistake as mistake:
            problems.append(Problem(reader.line_num, str(mistake)))
    if problems:
        raise Unreadable(problems)
    return Layout(places, curves={place.area: 0 for place in places})


def _lines(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise Unreadable([Problem(1, f"The CSV can’t be read: {error}.")]) from error


def _read_place(names: list[str], values: list[str], currency: str) -> PlannedPlace:
    if len(values) > len(names):
        raise Mistake("There are more values than columns.")
    given = {name: value.strip() for name, value in zip(names, values, strict=False)}
    for name, most in LONGEST.items():
        if len(given.get(name, "")) > most:
            raise Mistake(f"{name}: up to {most} characters.")
    if not given.get("row"):
        raise Mistake("The row has no name.")
    number = _whole("number", given.get("number", ""))
    column = _whole("column", given.get("column", ""))
    if column is not None and not 0 <= column <= WIDEST:
        raise Mistake(f"column: from 0 to {WIDEST}.")
    if number is None or number < 0:
        raise Mistake("The seat has no number.")
    return PlannedPlace(
        given.get("area") or None,
        given["row"],
        number,
        given.get("label") or f"{given['row']}-{number}",
        price=_price(given.get("price", ""), currency),
        row_rank=_whole("row_rank", given.get("row_rank", "")) or 0,
        column=column,
        notes=given.get("notes"),
        state=_state(given.get("state", "")),
    )


def _whole(name: str, typed: str) -> int | None:
    if not typed:
        return None
    if not WHOLE.fullmatch(typed):
        raise Mistake(f"{name}: “{typed[:20]}” isn’t a whole number.")
    return int(typed)


def _price(typed: str, currency: str) -> int | None:
    if not typed:
        return None
    try:
        price = read_money(typed, currency)
        if price:
            require_chargeable(price, currency)
    except ValueError as error:
        raise Mistake(f"price: {error}") from error
    return price


def _state(typed: str) -> str | None:
    state = typed.casefold().replace(" ", "_")
    if state and state not in SeatState.values:
        raise Mistake(f"state: “{typed[:20]}” isn’t known. There are {', '.join(SeatState.values)}.")
    return state or None
