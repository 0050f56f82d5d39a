"""What a comparison with Stripe consists of."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone


class NothingToCompare(Exception):
    """Stripe has nothing about this row, not even a session."""


class Line(NamedTuple):
    """One field; ``ours`` and ``stripes`` are as staff read them."""

    name: str
    ours: str
    stripes: str

    @property
    def differs(self) -> bool:
        return self.ours != self.stripes


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A row here beside the same at Stripe, as it was there ``at`` that time, field by field."""

    at: datetime
    lines: list[Line]

    @property
    def is_same(self) -> bool:
        return not any(line.differs for line in self.lines)


def spell_time(at: datetime | None) -> str:
    """Return a time as staff read it, or nothing."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
