"""The places of an event as a description has them: seats by the house's plan, standing ones by number."""

from collections import defaultdict
from collections.abc import Mapping

from bookings.describing import kinds
from bookings.describing.errors import BadDescription
from bookings.describing.kinds import Setting
from bookings.describing.numbers import spell_numbers
from bookings.describing.plans import AreaPart, Plan
from bookings.describing.rows import PlannedSeat
from bookings.events.capacity import TooFewPlaces, capacity_of, set_capacity, usual_price
from bookings.events.repricing import reprice
from bookings.models import Area, Event, Seat, SeatState
from bookings.seats.layout import PlannedPlace, UnusablePlan, apply_places

Differences = list[str]
LONGEST_LABEL = 60
MOST_NAMED = 20  # seats of one difference
KEPT = ("state", "held_back_for", "held_back_note")


def seat(event: Event, plan: Plan, areas: Mapping[str, Area], setting: Setting, said: Differences) -> None:
    """Give ``event`` the places of ``plan``; what is held or sold stays."""
    given: dict[Area | None, list[PlannedSeat]] = {}
    for part in plan.areas:
        area = areas[part.name]
        _require_fitting(area, part)
        if area.is_standing:
            _stand(area, part, setting, said)
        elif part.seats is not None:
            given[area] = part.seats
        elif part.price is not None:
            _reprice(area, part.price, setting, said)
    if plan.hall is not None:
        given[None] = plan.hall
    if given:
        _lay_out(event, given, setting, said)
        _hold_back(event, given, said)


def _require_fitting(area: Area, part: AreaPart) -> None:
    if area.is_standing and part.seats is not None:
        raise BadDescription(f"{part.path}.rows", "A standing area needs a capacity, not rows.")
    if not area.is_standing and part.capacity is not None:
        raise BadDescription(f"{part.path}.capacity", "A seated area needs rows, not a capacity.")


# Standing


def _stand(area: Area, part: AreaPart, setting: Setting, said: Differences) -> None:
    if part.capacity is not None and part.capacity != capacity_of(area):
        price = part.price if part.price is not None else usual_price(area)
        if price is None:
            raise BadDescription(f"{part.path}.price", "is missing.")
        try:
            had = set_capacity(area, part.capacity, price=price)
        except TooFewPlaces as error:
            raise BadDescription(f"{part.path}.capacity", str(error)) from error
        said.append(f"areas.{area.slug}.capacity: {had} → {part.capacity}")
    if part.price is not None:
        _reprice(area, part.price, setting, said)


def _reprice(area: Area, price: int, setting: Setting, said: Differences) -> None:
    if count := reprice(area.seats.all(), price):
        spelled = kinds.PRICE.write(price, setting)
        said.append(f"areas.{area.slug}.price: {count} free places cost {spelled} now.")


# Seats


def _lay_out(
    event: Event, given: Mapping[Area | None, list[PlannedSeat]], setting: Setting, said: Differences
) -> None:
    seats = list(event.seats.exclude(area__kind="standing").select_related("area").order_by("pk"))
    there = {(one.area_id, one.row, one.number): one for one in seats}
    taken = set(event.seats.values_list("label", flat=True))
    places = [_as_it_is(one) for one in seats if one.area not in given and one.state != SeatState.NO_PLACE]
    for area, planned in given.items():
        for one in planned:
            known = there.get((area.pk if area else None, *one.place))
            places.append(_planned(area, one, known, taken))
    try:
        differences = apply_places(event, places)
    except UnusablePlan as error:
        raise BadDescription("areas", f"{error}.") from error
    for words, labels in (
        ("added", differences.added),
        ("drawn elsewhere", differences.drawn),
        ("removed", differences.removed),
    ):
        if labels:
            said.append(f"{len(labels)} seats are {words}: {_name(labels)}.")
    alike: dict[str, list[str]] = defaultdict(list)
    for change in differences.changed:
        words = ", ".join(
            f"{name}: {_word(name, had, setting)} → {_word(name, has, setting)}"
            for name, (had, has) in change.fields.items()
        )
        alike[words].append(change.label)
    said += [f"{_name(labels)}: {words}" for words, labels in alike.items()]
    said += [f"{label}: unchanged, {why}." for label, why in differences.kept.items()]


def _as_it_is(one: Seat) -> PlannedPlace:
    name = one.area.name if one.area else None
    return PlannedPlace(name, one.row, one.number, one.label, row_rank=one.row_rank, column=one.column)


def _planned(area: Area | None, one: PlannedSeat, known: Seat | None, taken: set[str]) -> PlannedPlace:
    """Return ``one`` for the plan of the house: what the description doesn't name is as it is there."""
    if known is None and one.price is None:
        raise BadDescription(f"{one.path}.price", "is missing.")
    label = known.label if known else _free_label(area, one, taken)
    taken.add(label)
    if known and known.booking_id is None and known.state == SeatState.NO_PLACE:
        known = Seat(row_rank=known.row_rank, column=known.column)
    return PlannedPlace(
        area.name if area else None,
        one.row,
        one.number,
        label,
        price=one.price,
        row_rank=one.also.get("row_rank", known.row_rank if known else 0),
        column=one.also.get("column", known.column if known else None),
        notes=one.also.get("notes"),
        state=one.also.get("state"),
    )


def _free_label(area: Area | None, one: PlannedSeat, taken: set[str]) -> str:
    """Return what the seat is called; where two areas have the same row, the later one's name comes first."""
    plain = f"{one.row}-{one.number}"
    named = f"{area.name} {plain}" if area else plain
    label = named if plain in taken else plain
    if label in taken:
        raise BadDescription(one.path, f"There is another seat {label}.")
    if len(label) > LONGEST_LABEL:
        raise BadDescription(one.path, f"{label} has more than {LONGEST_LABEL} characters.")
    return label


def _hold_back(event: Event, given: Mapping[Area | None, list[PlannedSeat]], said: Differences) -> None:
    """Note for whom seats are held back; the plan of the house has only that they are."""
    told = {
        (area.pk if area else None, *one.place): one.also
        for area, planned in given.items()
        for one in planned
        if "held_back_for" in one.also
    }
    if not told:
        return
    changed: list[Seat] = []
    for one in event.seats.filter(booking=None).select_related("area").order_by("pk"):
        also = told.get((one.area_id, one.row, one.number), {})
        if any(name in also and getattr(one, name) != also[name] for name in KEPT):
            for name in KEPT:
                setattr(one, name, also[name])
            changed.append(one)
    Seat.objects.bulk_update(changed, KEPT, batch_size=500)
    if labels := [one.label for one in changed]:
        said.append(f"{_name(labels)}: held back for someone else")


def _word(name: str, value: object, setting: Setting) -> str:
    if name == "price" and isinstance(value, int):
        return str(kinds.PRICE.write(value, setting))
    return str(value or "none")


def _name(labels: list[str]) -> str:
    """Return the names of seats, the numbers of a row together: ``A-1 to 4, B-2``."""
    rows: dict[str, list[int]] = defaultdict(list)
    for label in labels[:MOST_NAMED]:
        row, _dash, number = label.rpartition("-")
        if number.isdecimal():
            rows[row].append(int(number))
        else:
            rows[label] = []
    shown = [f"{row}-{spell_numbers(sorted(numbers))}" if numbers else row for row, numbers in rows.items()]
    more = [f"and {len(labels) - MOST_NAMED} more"] if len(labels) > MOST_NAMED else []
    return ", ".join([*shown, *more])
