"""Tables as CSV, a line at a time, for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BOM = "\ufeff"  # or Excel takes the text for the machine's own encoding


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV, the names of the ``columns`` first; no value is taken for a formula."""
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(columns)
    for row in rows:
        yield writer.writerow(map(harmless, row))


def harmless(value: Any) -> str:
    """Return ``value`` so that a spreadsheet takes it for no formula; amounts may begin with a minus."""
    words = str(value)
    is_amount = words.lstrip("-").replace(".", "", 1).isdecimal()
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_amount else words
