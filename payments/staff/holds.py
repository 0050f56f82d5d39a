"""The open holds of an event, for staff who look whether somebody keeps the house from the others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingStatus, Event
from payments.models import Payment, PaymentStatus

# By what holds are grouped: the name in addresses, what it is called, and what it is of a payment.
SOURCES = {
    "network": (_("Network"), F("booking__network")),
    "browser": (_("Browser"), F("booking__browser")),
    "email": (_("Email"), Lower("booking__email")),
}
MOST = 10  # groups of each kind that are shown
SHOWN = 6  # characters of a digest, which tell groups apart


@dataclass(frozen=True)
class Group:
    """The open holds of one network, browser or address: of so many places, the first ``since`` then."""

    by: str
    value: str
    checkouts: int
    places: int
    since: datetime

    @property
    def kind(self) -> Any:
        return SOURCES[self.by][0]

    @property
    def name(self) -> str:
        return self.value if self.by == "email" else self.value[:SHOWN]


def open_holds(event: Event) -> QuerySet[Payment]:
    """Return the payments of ``event`` that can still be made, the oldest first."""
    pending = Payment.objects.with_booking().filter(status=PaymentStatus.PENDING).exclude(session_id=None)
    held = pending.filter(booking__event=event, booking__status=BookingStatus.HELD)
    return held.order_by("created_at", "pk")


def groups_of(event: Event) -> list[Group]:
    """Return who has more than one open hold of ``event``, the most places first."""
    found = [Group(by=by, **row) for by in SOURCES for row in _count(event, by)]
    return sorted(found, key=lambda group: -group.places)


def _count(event: Event, by: str) -> list[dict[str, Any]]:
    sources: Any = open_holds(event).order_by().values(value=SOURCES[by][1])
    counted = sources.exclude(value="").annotate(
        checkouts=Count("booking", distinct=True), places=Count("booking__seats"), since=Min("created_at")
    )
    return list(counted.filter(checkouts__gt=1).order_by("-places")[:MOST])


def holds_of(event: Event, *, by: str, value: str) -> QuerySet[Payment]:
    """Return the open holds of one source, or with ``by="age"`` those older than ``value`` minutes."""
    if by == "age" and value.isascii() and value.isdecimal():
        minutes = min(int(value), 10_000)
        return open_holds(event).filter(created_at__lte=timezone.now() - timedelta(minutes=minutes))
    if by not in SOURCES or not value or "\0" in value:
        return open_holds(event).none()
    return open_holds(event).alias(value=SOURCES[by][1]).filter(value=value)
