"""
Which free places are kept for those on the waiting list, between coming back and being offered.

Whatever frees places, customers can't buy them while somebody waits whom they would do for. So nothing that
frees a place has to offer it in the same moment.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.models import Event, SaleStatus, Seat, TicketType, WaitingEntry
from bookings.orders.types import is_sold_in, offered_types

SHORTEST = timedelta(minutes=30)
PART = 4  # Near the end of the sale an offer is good for this part of what is left.


def offer_end(event: Event, now: datetime) -> datetime | None:
    """
    Return until when places of ``event`` that are offered ``now`` are kept; None if nothing is offered.

    Who sleeps must not keep them from all others in the last hours, and in the last half hour anybody buys.
    """
    left = event.sales_until - now
    if event.is_draft or event.sale not in (SaleStatus.OPEN, SaleStatus.SOLD_OUT) or left < SHORTEST:
        return None
    return now + min(settings.WAITING_LIST_OFFER, max(left / PART, SHORTEST))


def kept_areas(event: Event) -> set[int | None]:
    """Return the ids of the areas whose free places are for those who wait; None stands for the hall."""
    now = timezone.now()
    waiting = WaitingEntry.objects.filter(event=event).in_line(now)
    if not waiting.exists() or offer_end(event, now) is None:
        return set()
    return {area for _entry, area, _type in plan(event, list(waiting))}


Plan = Iterator[tuple[WaitingEntry, int | None, TicketType | None]]


def plan(event: Event, waiting: Sequence[WaitingEntry]) -> Plan:
    """
    Yield whom of those who are ``waiting``, in their order, the free places do for: in which area, as what.

    All of one's places are in one area. Who asks for more than there are is passed over.
    """
    free = _free_places(event)
    offered = {kind.pk: kind for kind in offered_types(event, is_member=False)}
    left = {pk: kind.left for pk, kind in offered.items() if kind.left is not None}
    for entry in waiting:
        kind = offered.get(entry.type_id or 0)
        if kind and left.get(kind.pk, entry.quantity) < entry.quantity:
            continue
        areas = [entry.area_id] if entry.area_id else list(free)
        fits = [area for area in areas if free[area] >= entry.quantity and is_sold_in(kind, area)]
        if not fits:
            continue
        free[fits[0]] -= entry.quantity
        if kind and kind.pk in left:
            left[kind.pk] -= entry.quantity
        yield entry, fits[0], kind


def _free_places(event: Event) -> Counter[int | None]:
    """Return how many places are free in each area, in the order of the areas."""
    counted = Seat.objects.free().filter(event=event).order_by("area__position", "area")
    return Counter(dict(counted.values_list("area").annotate(Count("pk"))))


def wake(event: Event) -> None:
    """Have the worker offer what is free by now, once the transaction has committed, if anybody waits."""
    if WaitingEntry.objects.filter(event=event).in_line(timezone.now()).exists():
        enqueue(event)


def enqueue(event: Event) -> None:
    """Have the worker look after the waiting list of ``event``; such jobs run one at a time."""
    job = app.configure_task("bookings.tasks.offer_places", lock=f"waiting_list:{event.pk}")
    job.defer(event_id=event.pk)
