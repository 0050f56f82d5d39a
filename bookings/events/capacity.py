"""How many places a standing area has: each is a seat that the map doesn't draw."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from bookings.models import Area, BookedSeat, Seat, SeatState
from waiting.publishing import publish

MOST = 20_000  # places of one area


class TooFewPlaces(Exception):
    """The area can't have fewer places than are held, sold, or held back by the house: ``needed``."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"{needed} places are held, sold or held back already.")
        self.needed = needed


def capacity_of(area: Area) -> int:
    return area.seats.exclude(state=SeatState.NO_PLACE).count()


def require_room(area: Area, capacity: int) -> None:
    """Raise ``TooFewPlaces`` if ``area`` can't have so few places now."""
    needed = capacity_of(area) - area.seats.free().count()
    if capacity < needed:
        raise TooFewPlaces(needed)


def relabel(area: Area) -> None:
    """Call the places of a standing ``area`` by its name; what was ever booked keeps what tickets say."""
    if area.is_standing:
        booked = Exists(BookedSeat.objects.filter(seat=OuterRef("pk")))
        label = Concat(Value(f"{area.name} "), Cast("number", CharField()))
        area.seats.vacant().exclude(booked).update(label=label)


def usual_price(area: Area) -> int | None:
    """Return the price that all places of ``area`` have that can be bought, or all; None if they differ."""
    for places in (area.seats.free(), area.seats.exclude(state=SeatState.NO_PLACE)):
        prices = list(places.order_by().values_list("price", flat=True).distinct()[:2])
        if prices:
            return prices[0] if len(prices) == 1 else None
    return None


@transaction.atomic
def set_capacity(area: Area, capacity: int, *, price: int) -> int:
    """
    Give the standing ``area`` as many places, new ones at ``price`` (minor units); return how many it had.

    Of those that can be bought the last ones go. One that was ever booked isn't deleted: it is no place until
    there is need of it again. Raise ``TooFewPlaces``.
    """
    Area.objects.select_for_update(no_key=True).get(pk=area.pk)  # Two would both add the same labels.
    places = area.seats.order_by("pk").lock()
    had = sum(place.state != SeatState.NO_PLACE for place in places)
    if capacity > had:
        _add(area, capacity - had, places, price)
    elif capacity < had:
        _remove(area, had - capacity, places, had=had)
    if capacity != had:
        publish(area.event.topic)
    return had


def _add(area: Area, count: int, places: Sequence[Seat], price: int) -> None:
    back = [place.pk for place in places if place.state == SeatState.NO_PLACE][:count]
    Seat.objects.filter(pk__in=back).update(state=SeatState.FOR_SALE, price=price)
    taken = set(area.event.seats.values_list("label", flat=True))
    after = max((place.number for place in places), default=0)
    new: list[Seat] = []
    while len(back) + len(new) < count:
        after += 1
        if (label := f"{area.name} {after}") not in taken:
            new.append(Seat(event=area.event, area=area, number=after, label=label, price=price))
    Seat.objects.bulk_create(new, batch_size=1000)


def _remove(area: Area, count: int, places: Sequence[Seat], *, had: int) -> None:
    free = [place.pk for place in reversed(places) if place.is_free]
    if len(free) < count:
        raise TooFewPlaces(had - len(free))
    known = set(BookedSeat.objects.filter(seat__area=area).values_list("seat", flat=True))
    free.sort(key=lambda pk: pk in known)  # What nobody ever had goes first.
    gone = free[:count]
    Seat.objects.filter(pk__in=[pk for pk in gone if pk not in known]).delete()
    Seat.objects.filter(pk__in=[pk for pk in gone if pk in known]).update(state=SeatState.NO_PLACE)
