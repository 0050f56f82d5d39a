"""What tickets cost whoever comes without a code, a membership or a proof: from the cheapest on."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Max, Min
from django.utils import timezone

from bookings.models import Event, Seat, SeatState, TicketType
from bookings.models.seat import FREE
from bookings.orders.types import kinds_in


class _Places(NamedTuple):
    """The lowest and the highest price of an area's places in minor units, and of those that are free."""

    event_id: int
    area_id: int | None
    least: int
    most: int
    free_least: int | None
    free_most: int | None


def price_events(events: Collection[Event]) -> None:
    """
    Set ``price_from`` and ``price_to`` of ``events``, in minor units; they stay None without places.

    Of an event with free places only these count, in the types that anybody can buy now, or once its sale
    begins. The number of statements doesn't depend on the events.
    """
    places: dict[int, list[_Places]] = defaultdict(list)
    for row in _places_of(events):
        places[row.event_id].append(row)
    types: dict[int, list[TicketType]] = defaultdict(list)
    public = TicketType.objects.filter(
        event__in=events, is_offered=True, needs_code=False, members_only=False
    )
    for kind in public.prefetch_related("areas"):
        types[kind.event_id].append(kind)
    for event in events:
        at = max(timezone.now(), event.sales_from)
        sold = [kind for kind in types[event.pk] if kind.is_sold(at)]
        prices = list(_prices(event, places[event.pk], sold))
        event.price_from, event.price_to = min(prices, default=None), max(prices, default=None)


def _places_of(events: Collection[Event]) -> Iterable[_Places]:
    seats = Seat.objects.filter(event__in=events).exclude(state=SeatState.NO_PLACE).order_by()
    rows = seats.values_list("event", "area").annotate(
        least=Min("price"),
        most=Max("price"),
        free_least=Min("price", filter=FREE),
        free_most=Max("price", filter=FREE),
    )
    return [_Places(*row) for row in rows]


def _prices(event: Event, places: list[_Places], types: list[TicketType]) -> Iterable[int]:
    """Yield the lowest and the highest price in each area."""
    free = [row for row in places if row.free_least is not None]
    for row in free or places:
        least = row.least if row.free_least is None else row.free_least
        most = row.most if row.free_most is None else row.free_most
        for kind in kinds_in(types, row.area_id):
            if kind is None:
                yield from (least, most)
            elif kind.left != 0 and not kind.proof:
                yield from (kind.price_of(price, event.currency) for price in (least, most))
