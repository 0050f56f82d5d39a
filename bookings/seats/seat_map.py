"""Prepare an event's seat map for the template."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate, groupby
from operator import attrgetter, xor
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from bookings.models import AreaKind, Event, split_notes
from bookings.money import format_price
from bookings.seats.geometry import Gaps, Line, Position, Spot, arrange
from bookings.seats.seat_states import LAYOUT_HASH, STATE_DIGIT, STATES, SeatStates

# Descriptions of seats for screen readers. The page's script fills them in too when a seat's state changes.
DESCRIPTIONS = {
    "free": _("Row {row}, seat {number}, {price}"),
    "held": _("Row {row}, seat {number}, on hold for somebody else"),
    "taken": _("Row {row}, seat {number}, taken"),
    "mine": _("Row {row}, seat {number}, yours"),
}
# What buyers should know of a place, and the name of its mark on the map. Other notes are shown as written.
NOTES = {
    "wheelchair": ("wheelchair", _("wheelchair place")),
    "companion": ("companion", _("for a companion")),
    "restricted view": ("view", _("restricted view")),
}
OTHER_NOTE = "note"
FREE = "0"  # of STATES
PRICES_TOLD = 3  # lines beside a row


@dataclass(frozen=True)
class Price:
    """
    A price category: the ``amount`` in minor units, its text, and a number for its ``look`` on the map.

    So many seats are ``free`` at this price, and ``within`` counts the cheaper ones as well.
    """

    look: str
    amount: int
    words: str
    free: int
    within: int


class DrawnSeat(NamedTuple):
    """
    A seat on the map; ``state`` is a key of ``DESCRIPTIONS``. It has no ``look`` if it is that of its row.

    The values are ready to print, without lazy translations or properties, because a page may show thousands.
    ``gaps`` are before it, in half seats, and ``lift`` moves it to the stage, in eighths of a seat. ``notes``
    are what buyers should know, in words, and ``mark`` is the mark for the first of them.
    """

    label: str
    number: str
    look: str
    state: str
    words: str
    is_chosen: bool
    is_offered: bool
    gaps: Gaps = ()
    lift: int = 0
    notes: str = ""
    mark: str = ""


@dataclass(frozen=True)
class DrawnRow:
    """A row of the map, its usual look, the price categories in it, and the gaps after its last seat."""

    name: str
    look: str
    prices: list[Price]
    seats: list[DrawnSeat]
    end: Gaps = ()

    @property
    def priced(self) -> list[str]:
        """Its prices in words; if they are too many for its height, the lowest and the highest."""
        if len(self.prices) <= PRICES_TOLD:
            return [price.words for price in self.prices]
        low, high = (pick(self.prices, key=attrgetter("amount")) for pick in (min, max))
        return [f"{low.words} –", high.words]


@dataclass(frozen=True)
class DrawnArea:
    """
    A part of the house, without a name if it is the whole one; ``curve`` is in quarters of a seat.

    ``said`` is what the descriptions of its seats begin with, and ``slug`` what scripts call it. The stage
    may be drawn before it, or, if it ``is_behind``, somewhere after.
    """

    name: str
    rows: list[DrawnRow]
    said: str = ""
    slug: str = ""
    curve: int = 0
    has_stage_before: bool = False
    is_behind: bool = False


@dataclass(frozen=True)
class SeatMap:
    """
    The areas from the front, and the price categories, highest first.

    ``layout`` and ``tag`` identify the states shown, so that the page's script can ask for changes since
    then. ``longest`` is the length of the longest row in seats; ``marks`` says which notes there are.
    """

    areas: list[DrawnArea]
    prices: list[Price]
    layout: str
    tag: str
    longest: float = 0
    count: int = 0
    ends_with_stage: bool = False
    marks: list[tuple[str, str]] = field(default_factory=list)


class MapSeat(NamedTuple):
    """What the map needs of a seat."""

    area_id: int | None
    area: str | None
    slug: str | None
    curve: int | None
    row_rank: int
    row: str
    pk: int
    label: str
    number: int
    column: int | None
    price: int
    notes: str
    state: str
    booking_id: int | None
    digit: str
    layout_hash: int


COLUMNS = (
    *("area_id", "area__name", "area__slug", "area__curve", "row_rank", "row", "pk", "label", "number"),
    *("column", "price", "notes", "state", "booking_id", "digit", "layout_hash"),
)


def draw_map(
    event: Event,
    *,
    own: Collection[int] = (),
    chosen: Collection[str] = (),
    offered: Collection[str] = (),
) -> SeatMap:
    """
    Return the seat map of ``event``.

    ``own`` has the ids of the customer's own bookings. The labels in ``chosen`` and ``offered`` are marked if
    these seats are free.
    """
    seats = read_seats(event)
    states = _states_of(seats)

    def state_of(seat: MapSeat) -> str:
        return "mine" if seat.booking_id in own else STATES[seat.digit]

    return draw_seats(
        event,
        seats,
        state_of=state_of,
        chosen=chosen,
        offered=offered,
        layout=states.layout_name,
        tag=states.tag,
    )


def draw_seats(
    event: Event,
    seats: Sequence[MapSeat],
    *,
    state_of: Callable[[MapSeat], str],
    chosen: Collection[str] = (),
    offered: Collection[str] = (),
    layout: str = "",
    tag: str = "",
) -> SeatMap:
    """Return a map of ``seats``, which are in row order, in the states that ``state_of`` says."""
    prices = _prices(event, seats)
    pen = _Pen(prices, state_of, chosen, offered)
    parts = lay_out(event, seats)
    names = [part.name if len(parts) > 1 else "" for part in parts]
    stage = None if event.stage is None else min(event.stage, len(parts))
    areas = [
        DrawnArea(
            part.name,
            [pen.draw_row(row, line, said) for row, line in part.rows],
            said=said,
            slug=part.slug,
            curve=part.curve,
            has_stage_before=place == stage,
            is_behind=stage is not None and place < stage,
        )
        for place, (part, said) in enumerate(zip(parts, names, strict=True))
    ]
    return SeatMap(
        areas,
        list(prices.values()),
        layout,
        tag,
        longest=max((part.width for part in parts), default=0),
        count=len(seats),
        ends_with_stage=stage == len(parts),
        marks=_in_order(pen.marks),
    )


@dataclass(frozen=True)
class Part:
    """The seats of one area, each row with where it is drawn; the longest is ``width`` seats wide."""

    name: str
    slug: str
    curve: int
    rows: list[tuple[list[MapSeat], Line]]
    width: float


def lay_out(event: Event, seats: Iterable[MapSeat]) -> list[Part]:
    """Return the areas of ``seats``, which are in row order, and where each seat is drawn."""
    return [_part(event, list(group)) for _key, group in groupby(seats, key=lambda seat: seat.area_id)]


def _part(event: Event, seats: list[MapSeat]) -> Part:
    first = seats[0]
    curve = event.curve if first.curve is None else first.curve
    rows = [list(group) for _key, group in groupby(seats, key=lambda seat: (seat.row_rank, seat.row))]
    arranged = arrange([[Position(seat.number, seat.column) for seat in row] for row in rows], curve)
    lines = list(zip(rows, arranged.lines, strict=True))
    return Part(first.area or "", first.slug or "", curve, lines, arranged.width)


class _Pen:
    """Draws seats, and remembers which ``marks`` it has drawn."""

    def __init__(
        self,
        prices: dict[int, Price],
        state_of: Callable[[MapSeat], str],
        chosen: Collection[str],
        offered: Collection[str],
    ) -> None:
        self.prices, self.state_of, self.chosen, self.offered = prices, state_of, chosen, offered
        self.descriptions = {state: str(text) for state, text in DESCRIPTIONS.items()}
        self.notes = {note: (mark, str(words)) for note, (mark, words) in NOTES.items()}
        self.marks: set[str] = set()

    def draw_row(self, row: Sequence[MapSeat], line: Line, area: str) -> DrawnRow:
        prices = Counter(self.prices[seat.price] for seat in row)
        usual = prices.most_common(1)[0][0].look
        seats = [self.draw(seat, spot, area, usual) for seat, spot in zip(row, line.spots, strict=True)]
        return DrawnRow(row[0].row, usual, list(prices), seats, line.end)

    def draw(self, seat: MapSeat, spot: Spot, area: str, usual: str) -> DrawnSeat:
        """Return ``seat`` as it is drawn; its description begins with ``area``, if there is one."""
        state = self.state_of(seat)
        price = self.prices[seat.price]
        words = self.descriptions[state].format(row=seat.row, number=seat.number, price=price.words)
        mark, notes = self._note(seat.notes) if seat.notes else ("", "")
        is_free = seat.digit == FREE
        return DrawnSeat(
            label=seat.label,
            number=str(seat.number),
            look="" if price.look == usual else price.look,
            state=state,
            words=", ".join(filter(None, (area, words, notes))) if area or notes else words,
            is_chosen=is_free and seat.label in self.chosen,
            is_offered=is_free and seat.label in self.offered,
            gaps=spot.gaps,
            lift=spot.lift,
            notes=notes,
            mark=mark,
        )

    def _note(self, notes: str) -> tuple[str, str]:
        """Return the mark for the first of ``notes``, and all of them in words."""
        given = [self.notes.get(note, (OTHER_NOTE, note)) for note in split_notes(notes)]
        self.marks.add(given[0][0])
        return given[0][0], ", ".join(words for _mark, words in given)


def _in_order(marks: set[str]) -> list[tuple[str, str]]:
    """Return the marks that are on the map with their words; the one for all others says that it has some."""
    known = [(mark, str(words)) for mark, words in NOTES.values() if mark in marks]
    other = [(OTHER_NOTE, str(_("with a note")))] if OTHER_NOTE in marks else []
    return [*known, *other]


def read_seats(event: Event, *, with_no_places: bool = False) -> list[MapSeat]:
    """Return the columns that the map needs, in row order; models would take much longer."""
    every = event.seats.exclude(area__kind=AreaKind.STANDING)
    seats = every if with_no_places else event.seats.drawn()
    found = seats.in_row_order().annotate(digit=STATE_DIGIT, layout_hash=LAYOUT_HASH)
    return [MapSeat(*values) for values in found.values_list(*COLUMNS)]


def _states_of(seats: list[MapSeat]) -> SeatStates:
    """Return the states as ``read_states`` does, without another query."""
    layout = reduce(xor, (seat.layout_hash for seat in seats), 0)
    return SeatStates(layout, "".join(seat.digit for seat in sorted(seats, key=lambda seat: seat.pk)))


def _prices(event: Event, seats: Sequence[MapSeat]) -> dict[int, Price]:
    """Return the price categories of ``seats`` by amount, the highest first."""
    free = Counter(seat.price for seat in seats if seat.digit == FREE)
    amounts = sorted({seat.price for seat in seats})
    within = dict(zip(amounts, accumulate(free[amount] for amount in amounts), strict=True))
    return {
        amount: Price(
            look=str(number),
            amount=amount,
            words=format_price(amount, event.currency),
            free=free[amount],
            within=within[amount],
        )
        for number, amount in enumerate(reversed(amounts), start=1)
    }
