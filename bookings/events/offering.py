"""What an event offers to everybody, for programs: its areas, seats, ticket types and prices."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from bookings.models import Area, AreaKind, Event, Seat, SeatState, TicketType
from bookings.orders.areas import with_places
from bookings.when.zones import zone_of

# The area of the seats that are in none.
HALL = {"slug": "seats", "name": "Seats", "description": ""}


class _SeatRow(NamedTuple):
    event_id: int
    area_id: int | None
    label: str
    row: str
    number: int
    price: int
    notes: str
    booking_id: int | None
    state: str

    @property
    def is_free(self) -> bool:
        return self.booking_id is None and self.state == SeatState.FOR_SALE

    def describe(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "row": self.row,
            "number": self.number,
            "price": self.price,
            "notes": self.notes,
        }


def describe_events(events: Collection[Event]) -> list[dict[str, Any]]:
    """
    Return what each of ``events`` offers, ready for JSON; they come from ``with_availability``.

    Amounts are in minor units, and times are told by the clock at the venue, with its offset. It is the same
    for whoever asks: what needs a code is left out. The number of statements doesn't depend on the events.
    """
    seats: dict[tuple[int, int | None], list[_SeatRow]] = defaultdict(list)
    drawn = Seat.objects.filter(event__in=events).drawn().in_row_order()
    for row in drawn.values_list(*_SeatRow._fields):
        seat = _SeatRow(*row)
        seats[seat.event_id, seat.area_id].append(seat)
    areas: dict[int, list[Area]] = defaultdict(list)
    for area in Area.objects.filter(event__in=events):
        areas[area.event_id].append(area)
    standing = with_places(Area.objects.filter(event__in=events, kind=AreaKind.STANDING)).in_bulk()
    types: dict[int, list[TicketType]] = defaultdict(list)
    offered = TicketType.objects.offered(timezone.now()).filter(event__in=events, needs_code=False)
    for kind in offered.prefetch_related("areas"):
        types[kind.event_id].append(kind)
    return [
        {
            **_facts(event),
            "areas": [
                *_hall(seats.get((event.pk, None), [])),
                *(
                    _standing(standing[area.pk])
                    if area.is_standing
                    else _seated(area, seats[event.pk, area.pk])
                    for area in areas[event.pk]
                ),
            ],
            "types": [_describe_type(kind, zone_of(event.time_zone)) for kind in types[event.pk]],
        }
        for event in events
    ]


def _facts(event: Event) -> dict[str, Any]:
    zone, picture = zone_of(event.time_zone), event.pictured.picture
    return {
        "title": event.title,
        "slug": event.slug,
        "url": settings.SITE_URL + event.get_absolute_url(),
        "summary": event.summary,
        "description": event.description,
        "picture": settings.SITE_URL + picture.url() if picture else None,
        "venue": event.venue,
        "map_url": event.map_link,
        "time_zone": zone.key,
        "currency": event.currency,
        "status": event.status,
        "sale": event.sale,
        "starts_at": _time(event.starts_at, zone),
        "ends_at": _time(event.ends_at, zone),
        "sales_from": _time(event.sales_from, zone),
        "sales_until": _time(event.sales_until, zone),
        "member_sales_from": _time(event.member_sales_from, zone),
        "cancellable_until": _time(event.cancellable_until, zone),
        "organiser_name": event.organiser_name,
        "organiser_email": event.organiser_email,
        "free": event.seats_free,  # type: ignore[attr-defined]
    }


def _time(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def _hall(seats: list[_SeatRow]) -> list[dict[str, Any]]:
    return [{**HALL, **_with_seats(seats)}] if seats else []


def _seated(area: Area, seats: list[_SeatRow]) -> dict[str, Any]:
    return {**_named(area), **_with_seats(seats)}


def _with_seats(seats: list[_SeatRow]) -> dict[str, Any]:
    return {
        "kind": AreaKind.SEATED.value,
        "free": sum(seat.is_free for seat in seats),
        "price": None,
        "seats": [seat.describe() for seat in seats],
    }


def _standing(area: Area) -> dict[str, Any]:
    counted: Any = area
    return {
        **_named(area),
        "kind": AreaKind.STANDING.value,
        "free": counted.free,
        "price": counted.price,
        "seats": None,
    }


def _named(area: Area) -> dict[str, Any]:
    return {"slug": area.slug, "name": area.name, "description": area.description}


def _describe_type(kind: TicketType, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "slug": kind.slug,
        "name": kind.name,
        "description": kind.description,
        "price": kind.price,
        "percent_off": kind.percent_off,
        "areas": [area.slug for area in kind.areas.all()],
        "free": kind.left,
        "at_least": kind.at_least,
        "at_most": kind.at_most,
        "sold_until": _time(kind.sold_until, zone),
        "members_only": kind.members_only,
        "proof": kind.proof,
    }
