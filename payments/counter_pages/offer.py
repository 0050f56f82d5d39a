"""What the counter can sell of an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Min, Q

from bookings.models import Area, AreaKind, Event, Seat, TicketType
from bookings.money import format_money
from bookings.orders.types import is_sold_in, offered_types
from bookings.orders.wishes import FULL_PRICE

Kinds = Sequence[tuple[str, str]]  # (slug, name) of each type


@dataclass(frozen=True)
class Offer:
    """The types and areas of ``event``, as staff may sell them."""

    event: Event

    @cached_property
    def types(self) -> list[TicketType]:
        return offered_types(self.event, is_member=True, is_house=True)

    @cached_property
    def standing(self) -> list[Area]:
        """The areas without numbered seats, each with the number of ``vacant`` places and their ``price``."""
        is_vacant = Q(seats__booking=None) & ~Q(seats__state="no_place")
        areas = self.event.areas.filter(kind=AreaKind.STANDING)
        return list(
            areas.annotate(
                vacant=Count("seats", filter=is_vacant), price=Min("seats__price", filter=is_vacant)
            )
        )

    @cached_property
    def has_map(self) -> bool:
        return self.event.seats.drawn().exists()

    @property
    def kinds(self) -> Kinds:
        """What can be chosen for seats before it is known which area they are in."""
        return self._named(self.types)

    def kinds_in(self, area_id: int | None) -> Kinds:
        """Return what a place of the area with this id can be sold as; the first is meant unless said."""
        return self._named([kind for kind in self.types if is_sold_in(kind, area_id)])

    def priced_kinds_in(self, area: Area) -> Kinds:
        """Return what ``kinds_in`` does for a standing ``area``, each with its price: ``Adult, €18.00``."""
        price, currency = area.price, self.event.currency  # type: ignore[attr-defined]
        if price is None:
            return self.kinds_in(area.pk)
        costs = {kind.slug: kind.price_of(price, currency) for kind in self.types}
        return [
            (slug, f"{name}, {format_money(costs.get(slug, price), currency)}")
            for slug, name in self.kinds_in(area.pk)
        ]

    def kind_for(self, seat: Seat, wanted: str) -> str:
        """Return the slug of the type that ``seat`` is sold as if ``wanted`` is chosen for all seats."""
        slugs = [slug for slug, _name in self.kinds_in(seat.area_id)]
        return wanted if wanted in slugs else slugs[0]

    @staticmethod
    def _named(types: Sequence[TicketType]) -> Kinds:
        return [(kind.slug, kind.name) for kind in types] or [(FULL_PRICE, "Full price")]
