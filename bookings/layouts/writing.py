"""Write the seats of an event as a layout, for its next change or for another event."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bookings.models import Event
from bookings.seats.geometry import Gaps, Position, arrange
from bookings.seats.seat_map import MapSeat, read_seats
from bookings.typed_money import spell


def write_text(event: Event) -> str:
    """Return the seats of ``event`` as text that ``read_text`` reads: all that are places, where they are."""
    lines: list[str] = []
    price: list[int] = []
    seats = read_seats(event)
    parts = [list(group) for _key, group in groupby(seats, key=lambda seat: seat.area_id)]
    for place, part in enumerate(parts):
        if event.stage and event.stage == place:
            lines += ["", "stage"]
        lines += _write_area(event, part, price)
    if event.stage and event.stage >= len(parts):
        lines += ["", "stage"]
    if event.stage is None:
        lines.insert(0, "no stage")
    return "\n".join(lines).strip() + "\n" if lines else ""


def _write_area(event: Event, seats: Sequence[MapSeat], price: list[int]) -> Iterator[str]:
    """Yield the lines of one area. ``price`` has the price that is written last."""
    if seats[0].area:
        yield from ("", f"[{seats[0].area}]")
    curve = event.curve if seats[0].curve is None else seats[0].curve
    if curve:
        yield f"curve {curve}"
    if any(seat.column is not None for seat in seats):
        yield "left"
    rows = [list(group) for _key, group in groupby(seats, key=lambda seat: (seat.row_rank, seat.row))]
    arranged = arrange([[Position(seat.number, seat.column) for seat in row] for row in rows])
    for row, line in zip(rows, arranged.lines, strict=True):
        placed = zip(row, (spot.gaps for spot in line.spots), strict=True)
        for amount, part in groupby(placed, key=lambda pair: pair[0].price):
            if price[-1:] != [amount]:
                price.append(amount)
                yield f"@ {spell(amount, event.currency)}"
            yield _write_row(list(part))


def _write_row(row: Sequence[tuple[MapSeat, Gaps]]) -> str:
    words: list[str] = []
    run: list[int] = []
    for seat, before in row:
        if run and (before or not _goes_on(run, seat.number)):
            words.append(_write_run(run))
            run = []
        words += _write_gaps(sum(before))
        run.append(seat.number)
    words.append(_write_run(run))
    notes = [f" # {seat.number} {seat.notes}" for seat, _gaps in row if seat.notes]
    return f"{row[0][0].row}: {' '.join(words)}{''.join(notes)}"


def _goes_on(run: Sequence[int], number: int) -> bool:
    step = number - run[-1]
    return step in {1, -1, 2, -2} if len(run) == 1 else step == run[1] - run[0]


def _write_run(run: Sequence[int]) -> str:
    if len(run) == 1:
        return str(run[0])
    if abs(run[1] - run[0]) == 1:
        return f"{run[0]}-{run[-1]}"
    return f"{'odd' if run[0] % 2 else 'even'} {run[0]}-{run[-1]}"


def _write_gaps(width: int) -> list[str]:
    whole, half = divmod(width, 2)
    return (["_" * whole] if whole else []) + (["."] if half else [])
