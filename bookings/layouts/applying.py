"""Read a layout, draw it, and give it to an event."""

from collections.abc import Iterable

from django.db import transaction

from bookings.layouts.csv_file import is_csv, read_csv
from bookings.layouts.reading import Layout
from bookings.layouts.text import read_text
from bookings.models import Area, Event, SeatState
from bookings.seats.layout import Differences, PlannedPlace, apply_places, plan_places, with_columns
from bookings.seats.seat_map import MapSeat, SeatMap, draw_seats, read_seats
from waiting.publishing import publish

FREE, TAKEN = "0", "2"


def read_layout(text: str, currency: str) -> Layout:
    """Return the layout in ``text``, which is as people write it, or a CSV; raise ``Unreadable``."""
    return read_csv(text, currency) if is_csv(text) else read_text(text, currency)


def plan_layout(event: Event, layout: Layout) -> Differences:
    """Return what ``apply_layout`` would change now; raise ``UnusablePlan``."""
    return plan_places(event, layout.places)


@transaction.atomic
def apply_layout(event: Event, layout: Layout) -> Differences:
    """
    Give ``event`` the seats of ``layout``, its stage and curves; return what has changed.

    What is held or sold stays as ``apply_places`` says. Raise ``UnusablePlan``.
    """
    differences = apply_places(event, layout.places)
    event.stage, event.curve = layout.stage, layout.curves.get(None, 0)
    event.save(update_fields=["stage", "curve"])
    _put_in_order(event, [name for name in layout.curves if name], layout)
    publish(event.topic)
    return differences


def _put_in_order(event: Event, names: list[str], layout: Layout) -> None:
    """Give the areas the order in which the layout names them, at the positions that they have together."""
    areas = {area.name: area for area in event.areas.filter(name__in=names)}
    last = -1
    for name, position in zip(names, sorted(area.position for area in areas.values()), strict=True):
        last = max(last + 1, position)
        Area.objects.filter(pk=areas[name].pk).update(position=last, curve=layout.curves[name])


def draw_layout(event: Event, layout: Layout) -> SeatMap:
    """Return the map as buyers would see it. Nothing is saved; a price that isn't given is the seat's own."""
    known = {seat.label: seat for seat in read_seats(event)}
    event.stage, event.curve = layout.stage, layout.curves.get(None, 0)
    seats = list(_seats(with_columns(layout.places), layout, known))

    def state_of(seat: MapSeat) -> str:
        return "free" if seat.digit == FREE else "taken"

    return draw_seats(event, seats, state_of=state_of)


def _seats(places: Iterable[PlannedPlace], layout: Layout, known: dict[str, MapSeat]) -> Iterable[MapSeat]:
    areas = {name: number for number, name in enumerate(layout.curves)}
    placed = [(areas[place.area], place) for place in places if place.state != SeatState.NO_PLACE]
    placed.sort(key=lambda pair: (pair[0], _rank(pair[1])))
    for number, place in placed:
        seat = known.get(place.label)
        price = place.price if place.price is not None else seat.price if seat else 0
        stays_taken = place.state is None and seat is not None and seat.digit != FREE
        is_taken = stays_taken or place.state == SeatState.HELD_BACK
        yield MapSeat(
            area_id=number,
            area=place.area,
            slug=None,
            curve=layout.curves[place.area],
            row_rank=place.row_rank,
            row=place.row,
            pk=0,
            label=place.label,
            number=place.number,
            column=place.column,
            price=price,
            notes=place.notes if place.notes is not None else seat.notes if seat else "",
            state=SeatState.FOR_SALE,
            booking_id=None,
            digit=TAKEN if is_taken else FREE,
            layout_hash=0,
        )


def _rank(place: PlannedPlace) -> tuple[int, int, str, int]:
    column = 2 * place.number if place.column is None else place.column
    return place.row_rank, len(place.row), place.row, column
