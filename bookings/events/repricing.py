"""Change the price of many seats at once."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from bookings.models import BookingStatus, Event, Seat
from waiting.publishing import publish


@dataclass(frozen=True)
class Repricing:
    """Of some seats: how many get a new price, and how many keep theirs because they are held or sold."""

    changed: int
    same: int
    held: int
    sold: int


def preview(seats: QuerySet[Seat], price: int) -> Repricing:
    """Return what ``reprice`` would do to ``seats`` now."""
    free = Q(booking=None)
    counts = seats.order_by().aggregate(
        changed=Count("pk", filter=free & ~Q(price=price)),
        same=Count("pk", filter=free & Q(price=price)),
        held=Count("pk", filter=Q(booking__status=BookingStatus.HELD)),
        sold=Count("pk", filter=Q(booking__isnull=False) & ~Q(booking__status=BookingStatus.HELD)),
    )
    return Repricing(**counts)


@transaction.atomic
def reprice(seats: QuerySet[Seat], price: int) -> int:
    """
    Give the free ones of ``seats`` this ``price``, in minor units, and return how many have changed.

    What is held or sold keeps its price: the customer has been told that one. A seat that is being bought at
    this moment is held first, or has the new price; a customer is never charged more than their page said.
    """
    chosen = Seat.objects.filter(pk__in=seats.order_by().values("pk"))  # A list's rows come with joins.
    locked = chosen.free().exclude(price=price).lock()
    Seat.objects.filter(pk__in=[seat.pk for seat in locked]).update(price=price)
    for event in Event.objects.filter(pk__in={seat.event_id for seat in locked}):
        publish(event.topic)
    return len(locked)
