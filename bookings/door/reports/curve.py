"""How many came in when, drawn as a chart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Count
from django.db.models.functions import TruncMinute

from bookings.models import Entry, Event

WIDTH, HEIGHT = 720, 160  # units of the drawing
MOST_BARS = 240
STEPS = (1, 2, 5, 10, 15, 30, 60, 24 * 60)  # minutes that a bar may stand for


@dataclass(frozen=True)
class Bar:
    """How many came in from ``at``, for one step of the curve, and where in the drawing that is shown."""

    at: datetime
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Curve:
    """The bars of those moments in which somebody came in; each stands for ``minutes``."""

    bars: list[Bar]
    minutes: int
    first: datetime
    last: datetime
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def busiest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.count)


def draw_curve(event: Event) -> Curve | None:
    """Return the curve of all who were let in, those who have left included; None if nobody was."""
    entries = Entry.objects.counted().filter(event=event).order_by()
    minutes = entries.annotate(minute=TruncMinute("entered_at")).values("minute")
    counts = {row["minute"]: row["count"] for row in minutes.annotate(count=Count("pk"))}
    if not counts:
        return None
    first, last = min(counts), max(counts)
    step = _step_for(last - first)
    places: dict[int, int] = {}
    for minute, count in counts.items():
        place = int((minute - first) / step)
        places[place] = places.get(place, 0) + count
    return Curve(_bars(places, first, step), int(step / timedelta(minutes=1)), first, last)


def _step_for(span: timedelta) -> timedelta:
    for minutes in STEPS:
        step = timedelta(minutes=minutes)
        if span / step < MOST_BARS:
            return step
    return timedelta(minutes=STEPS[-1]) * (int(span / timedelta(minutes=STEPS[-1]) / MOST_BARS) + 1)


def _bars(places: dict[int, int], first: datetime, step: timedelta) -> list[Bar]:
    width, most = WIDTH / (max(places) + 1), max(places.values())
    edges = [round(place * width, 2) for place in range(max(places) + 2)]
    spans = list(pairwise(edges))
    return [
        Bar(
            at=first + place * step,
            count=count,
            x=spans[place][0],
            y=round(HEIGHT - HEIGHT * count / most, 2),
            width=round(spans[place][1] - spans[place][0], 2),
            height=round(HEIGHT * count / most, 2),
        )
        for place, count in sorted(places.items())
    ]
