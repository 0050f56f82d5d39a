"""The forms of the waiting list: to go on it, and to take an offer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from bookings.addresses.fields import AddressFormField
from bookings.models import Area, BookedSeat, Event, TicketType, WaitingEntry
from bookings.models.waiting_entry import MOST_WANTED
from bookings.orders.types import is_sold_in, offered_types
from bookings.orders.wishes import FULL_PRICE, PlacesWish, Wish
from bookings.seats.kept import offer_end
from bookings.validators import clean_name
from bookings.web.forms import new_attempt


class JoinForm(forms.Form):
    """Who wants to wait, for how many places; where and as what is asked only if there is a choice."""

    name = forms.CharField(max_length=200)
    email = AddressFormField(max_length=254)
    area = forms.ModelChoiceField(Area.objects.none(), required=False)
    type = forms.ModelChoiceField(TicketType.objects.none(), required=False)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = min(MOST_WANTED, event.order_limit)
        self.fields["quantity"] = forms.IntegerField(
            min_value=1, max_value=self.most, initial=min(2, self.most)
        )
        areas, types = event.areas.all(), offered_types(event, is_member=False)
        self.areas = list(areas) if len(areas) > 1 else []
        self.types = types if len(types) > 1 else []
        field: Any = self.fields["area"]
        field.queryset, field.to_field_name = areas, "slug"
        field = self.fields["type"]
        field.queryset = event.types.filter(pk__in=[kind.pk for kind in types])
        field.to_field_name = "slug"

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    @property
    def kind(self) -> TicketType | None:
        """The chosen type, unless so many of it can't be in one booking or not in the chosen area."""
        kind, area = self.cleaned_data["type"], self.cleaned_data["area"]
        count = self.cleaned_data["quantity"]
        if kind is None or not (kind.at_least or 0) <= count <= (kind.at_most or count):
            return None
        return kind if area is None or is_sold_in(kind, area.pk) else None


def join_form(event: Event) -> JoinForm | None:
    """Return the empty form for the waiting list of ``event``, or None if nobody can wait now."""
    return JoinForm(event=event) if offer_end(event, timezone.now()) else None


@dataclass(frozen=True)
class OfferedPlace:
    """A place that is offered: its form field, what it would cost as each type, and which is ``chosen``."""

    booked: BookedSeat
    field: str
    types: Sequence[tuple[TicketType, int]]
    chosen: str = FULL_PRICE


class OfferForm(forms.Form):
    """Takes an offer: the name that the booking is in, and as what each place is bought."""

    attempt = forms.CharField(max_length=64, initial=new_attempt)
    name = forms.CharField(max_length=200)
    terms = forms.IntegerField(required=False, min_value=0)

    def __init__(self, *args: Any, entry: WaitingEntry, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": entry.name}, **kwargs})
        types = offered_types(entry.event, is_member=False)
        booked = entry.booking.booked_seats.current().select_related("seat__area") if entry.booking else []
        self.places = [self._add(one, types, entry) for one in booked]

    def _add(self, booked: BookedSeat, types: Sequence[TicketType], entry: WaitingEntry) -> OfferedPlace:
        """Ask as what a place is to be bought, if there is a choice, and return it."""
        seat, field = booked.seat, f"type-{booked.seat_id}"
        sold = [kind for kind in types if is_sold_in(kind, seat.area_id)]
        if not sold:
            return OfferedPlace(booked, field, [])
        choices = [(kind.slug, kind.name) for kind in sold]
        wished = entry.type.slug if entry.type else choices[0][0]
        self.fields[field] = forms.ChoiceField(choices=choices, initial=wished)
        prices = [(kind, kind.price_of(seat.price, entry.event.currency)) for kind in sold]
        return OfferedPlace(booked, field, prices, chosen=str(self[field].value() or ""))

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    @property
    def total(self) -> int | None:
        """What all places cost in minor units, if there are no types to choose from."""
        if any(place.types for place in self.places):
            return None
        return sum(place.booked.seat.price for place in self.places)

    @property
    def wish(self) -> Wish:
        """What is bought: the same seats, and of standing areas as many places."""
        seats: dict[str, str] = {}
        standing: Counter[tuple[str, str]] = Counter()
        for place in self.places:
            kind, seat = self.cleaned_data.get(place.field, FULL_PRICE), place.booked.seat
            if seat.area and seat.area.is_standing:
                standing[seat.area.slug, kind] += 1
            else:
                seats[seat.label] = kind
        places = [PlacesWish(area, kind, count) for (area, kind), count in standing.items()]
        return Wish(seats=seats, places=places)
