"""Numbers of seats in a row, as people write them: ``1-4,9-12``."""

import re
from collections.abc import Iterable

from bookings.describing.errors import BadDescription

PART = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", re.ASCII)
LARGEST = 9_999


def parse_numbers(typed: str, path: str) -> list[int]:
    """Return the numbers that ``typed`` means, in its order; raise ``BadDescription``."""
    numbers: list[int] = []
    for part in typed.split(","):
        found = PART.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last or last > LARGEST:
            raise BadDescription(path, f'must be numbers up to {LARGEST}, such as "1-4,9-12".')
        numbers += range(first, last + 1)
        if len(numbers) > LARGEST:  # Some are there twice, and there may be very many.
            break
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise BadDescription(path, f"has number {twice} twice.")
    return numbers


def spell_numbers(numbers: Iterable[int]) -> str:
    """Return the shortest text for ``numbers``, which are in ascending order: 1, 2, 3, 5 is ``1-3,5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)
