"""What is read from a layout, and what is wrong in it."""

from dataclasses import dataclass, field

from bookings.seats.layout import PlannedPlace

MOST_SEATS = 20_000


@dataclass(frozen=True)
class Layout:
    """
    All seats of a house, where the stage is, and how its rows bend.

    ``stage`` is how many areas are drawn in front of the stage; None: there is none. ``curves`` has the curve
    of each area, in quarters of a seat, and None's is that of the rows without an area.
    """

    places: list[PlannedPlace] = field(default_factory=list)
    stage: int | None = 0
    curves: dict[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What is wrong in the line with this number."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.words}"


class Unreadable(Exception):
    """The layout has these ``problems``."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(map(str, problems)))


class Mistake(Exception):
    """What is wrong in the line that is being read."""
