from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from bookings.models import BookedSeat, Booking
from bookings.orders.wishes import MAX_SEATS, PlacesWish, Wish
from bookings.web.forms import SeatLabels, new_attempt
from payments.counter_pages.offer import Offer


class PlacesForm(forms.Form):
    """
    How many places of each standing area, as which type: the fields ``places-<area>.<type>``.

    ``begun`` has how many of each there are at first, by the slugs of area and type.
    """

    def __init__(
        self, *args: Any, offer: Offer, begun: dict[tuple[str, str], int] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer, self._places = offer, {}
        for area in offer.standing:
            for slug, name in offer.priced_kinds_in(area):
                number = (begun or {}).get((area.slug, slug), 0)
                self.fields[field := f"places-{area.slug}.{slug}"] = _number(name, initial=number or None)
                self._places[field] = (area, slug)

    def areas(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """Yield each standing area with its fields."""
        for area in self.offer.standing:
            yield area, [self[field] for field, (of, _slug) in self._places.items() if of is area]

    @property
    def places(self) -> list[PlacesWish]:
        typed = ((it, self.cleaned_data.get(field)) for field, it in self._places.items())
        return [PlacesWish(area.slug, slug, number) for (area, slug), number in typed if number]


class ChooseForm(PlacesForm):
    """What somebody wants: seats of the map as a ``type``, the best of them, or places without numbers."""

    attempt = forms.CharField(max_length=64, initial=new_attempt, widget=forms.HiddenInput)
    seats = SeatLabels(required=False)
    type = forms.ChoiceField(required=False, label="Sold as")
    quantity = forms.IntegerField(required=False, min_value=1, max_value=MAX_SEATS, label="Best available")
    code = forms.CharField(required=False, max_length=60, label="Code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = self.offer.kinds  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[str]:
        """The submitted labels, whether or not these seats can be had."""
        return [str(label) for label in self["seats"].value() or ()] if self.is_bound else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        labels, quantity = cleaned.get("seats") or [], cleaned.get("quantity") or 0
        if labels and quantity:
            self.add_error("quantity", "Choose seats on the map or a number of best seats, not both.")
        if not (labels or quantity or self.places or self.errors):
            raise forms.ValidationError("Choose seats or a number.", code="nothing_chosen")
        cleaned["wish"] = wish = self._wish(labels, quantity)
        if wish.count > MAX_SEATS:
            raise forms.ValidationError(f"One sale can have up to {MAX_SEATS} places.", code="too_many")
        return cleaned

    def _wish(self, labels: Sequence[str], quantity: int) -> Wish:
        kind = self.cleaned_data.get("type") or self.offer.kinds[0][0]
        seats = self.offer.event.seats.filter(label__in=labels)
        known = {seat.label: self.offer.kind_for(seat, kind) for seat in seats}
        return Wish(
            seats={label: known.get(label, kind) for label in labels},
            places=self.places,
            quantity=quantity,
            type=kind,
            code=self.cleaned_data.get("code", ""),
        )


class HeldForm(PlacesForm):
    """What is held, to be changed: the type of each seat (``type-<label>``), and numbers of places."""

    def __init__(self, *args: Any, offer: Offer, booking: Booking, **kwargs: Any) -> None:
        booked = booking.booked_seats.current().select_related("seat__area", "type").order_by("seat_id")
        self.seated: list[BookedSeat] = []
        begun: dict[tuple[str, str], int] = {}
        for one in booked:
            if one.seat.area and one.seat.area.is_standing:
                key = (one.seat.area.slug, one.type.slug if one.type else "")
                begun[key] = begun.get(key, 0) + 1
            else:
                self.seated.append(one)
        super().__init__(*args, offer=offer, begun=begun, **kwargs)
        for one in self.seated:
            self.fields[f"type-{one.seat.label}"] = forms.ChoiceField(
                choices=offer.kinds_in(one.seat.area_id),
                initial=one.type.slug if one.type else "",
                required=False,
                label=one.seat.label,
            )
        self._code = booking.code.code if booking.code else ""

    def seats(self) -> Iterator[tuple[BookedSeat, forms.BoundField]]:
        for one in self.seated:
            yield one, self[f"type-{one.seat.label}"]

    @property
    def wish(self) -> Wish:
        labels = [one.seat.label for one in self.seated]
        return Wish(
            seats={label: self.cleaned_data[f"type-{label}"] for label in labels},
            places=self.places,
            code=self._code,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.seated and not self.places and not self.errors:
            raise forms.ValidationError("Nothing left on hold. Release places instead.", code="nothing_left")
        return cleaned


def _number(label: str, *, initial: int | None) -> forms.IntegerField:
    attributes = {"min": 0, "max": MAX_SEATS, "step": 1, "inputmode": "numeric"}
    return forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_SEATS,
        initial=initial,
        label=label,
        widget=forms.NumberInput(attributes),
    )
