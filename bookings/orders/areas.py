"""The areas of an event, with what is left in them."""

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Area, Seat


def with_places(areas: QuerySet[Area]) -> QuerySet[Area]:
    """Annotate each with its number of ``places``, the ``free`` ones, and the ``price`` of the next."""
    next_ones = Seat.objects.free().filter(event=OuterRef("event"), area=OuterRef("pk"))
    first = next_ones.order_by("number").values("price")[:1]
    return areas.annotate(
        places=Count("seats", filter=~Q(seats__state="no_place")),
        free=Count("seats", filter=Q(seats__booking=None, seats__state="for_sale")),
        price=Coalesce(Subquery(first), Min("seats__price"), 0),
    )
