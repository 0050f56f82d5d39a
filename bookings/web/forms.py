"""What buyers send from an event's page."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressFormField
from bookings.models import Booking, Seat
from bookings.money import MAXIMUM
from bookings.orders.wishes import FULL_PRICE, MAX_SEATS, PlacesWish, Wish
from bookings.validators import clean_name
from legal.terms import read_version

TOTAL = re.compile(r"[0-9]{1,15}")  # As exact in the page's script as here.
QUANTITY = re.compile(r"[0-9]{1,3}")
SLUG = re.compile(r"[-\w]{0,40}", re.ASCII)
TYPE_OF = "type-"  # and the label of a seat
PLACES_IN = "places-"  # and an area, a full stop, and a type, by their slugs


class SeatLabels(forms.Field):
    """Any number of seats' labels. Whether such seats exist is checked when they are held."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        return [label for label in dict.fromkeys(value or []) if label.isprintable()]


class Prefixed(forms.HiddenInput):
    """Collects all that was sent under names that begin with ``prefix``: what comes after that is the key."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        sent = [key for key in data if key.startswith(self.prefix)]
        return {key.removeprefix(self.prefix): str(data[key]).strip() for key in sent}


class TypesBySeat(forms.Field):
    """The slug of a ticket type for each label; whether there is such a type is checked when it's sold."""

    widget = Prefixed(TYPE_OF)

    def clean(self, value: Any) -> dict[str, str]:
        return dict(value)


class PlacesByArea(forms.Field):
    """How many places of each standing area, as which type."""

    widget = Prefixed(PLACES_IN)

    def clean(self, value: Any) -> list[PlacesWish]:
        asked = [(*split_places(name), typed) for name, typed in value.items() if typed.strip("0")]
        if any(not QUANTITY.fullmatch(typed) for _area, _kind, typed in asked):
            raise forms.ValidationError(_("Enter a whole number."), code="no_number")
        known = [(area, kind, typed) for area, kind, typed in asked if SLUG.fullmatch(area + kind)]
        if len(known) < len(asked):
            raise forms.ValidationError(
                _("These tickets don’t exist. Refresh the page and choose again."), code="unknown"
            )
        return [PlacesWish(area, kind, int(typed)) for area, kind, typed in known]


def split_places(name: str) -> tuple[str, str]:
    """Return the slugs of area and type that are in the ``name`` of a quantity; the type may be empty."""
    area, _stop, kind = name.partition(".")
    return area, kind


def new_attempt() -> str:
    """Return a random token: forms submitted with the same one count as one purchase."""
    return secrets.token_urlsafe(16)


def written(wish: Wish) -> dict[str, Any]:
    """Return what a page sends that asks for ``wish``, for a form that begins with it."""
    return {
        "seats": list(wish.seats),
        **{f"{TYPE_OF}{label}": kind for label, kind in wish.seats.items() if kind},
        **{f"{PLACES_IN}{one.area}.{one.type}": str(one.quantity) for one in wish.places},
        **({"quantity": wish.quantity, "type": wish.type} if wish.quantity else {}),
        "code": wish.code,
    }


def link_to(wish: Wish) -> str:
    """Return the query of an event's page on which ``wish`` is chosen already, as far as it can be had."""
    return urlencode({name: value for name, value in written(wish).items() if value}, doseq=True)


def linked(query: QueryDict) -> dict[str, Any]:
    """Return what a form begins with whose page has this query; what can't be meant is left out."""
    places = PlacesByArea().widget.value_from_datadict(query, None, "places")
    return {
        "code": query.get("code", "")[:60],
        "seats": query.getlist("seats")[:MAX_SEATS],
        "types": TypesBySeat().widget.value_from_datadict(query, None, "types"),
        "places": {key: typed for key, typed in places.items() if QUANTITY.fullmatch(typed)},
    }


class BookingForm(forms.Form):
    """
    The checkout form: places, or a quantity of the best available ones, and the customer.

    Places are ``seats`` by label with their ``types``, and ``places`` of standing areas; ``type`` is that of
    the best available. If some seats are taken, the view sets ``alternatives``, and the page sends their
    labels as ``offered``; with ``instead``, the customer takes them. If they have reserved as much as they
    may, the view sets ``unpaid``: their bookings that are to be paid or cancelled first. ``total`` is the sum
    that the page showed, in minor units, or None without JavaScript. ``terms`` is the version of the terms
    that they have agreed to.

    With ``look`` the customer only wants to see the page again, with what their code changes, or as which
    types they can have the seats that they chose. Without JavaScript a page sends ``untyped`` as well: then
    seats that come without a type mean the same.
    """

    attempt = forms.CharField(max_length=64, initial=new_attempt)
    seats = SeatLabels(required=False)
    types = TypesBySeat(required=False)
    places = PlacesByArea(required=False)
    offered = SeatLabels(required=False)
    instead = forms.BooleanField(required=False)
    total = forms.CharField(required=False)
    quantity = forms.IntegerField(required=False, min_value=1, max_value=MAX_SEATS)
    most = forms.IntegerField(required=False, min_value=0, max_value=MAXIMUM)
    type = forms.SlugField(required=False, max_length=40)
    name = forms.CharField(max_length=200)
    email = AddressFormField(max_length=254)
    terms = forms.CharField(required=False, max_length=7)
    code = forms.CharField(required=False, max_length=60)
    look = forms.CharField(required=False)
    untyped = forms.CharField(required=False)

    alternatives: Sequence[Seat] = ()
    unpaid: Sequence[Booking] = ()

    @property
    def chosen(self) -> list[str]:
        """The labels of chosen seats, whether or not these seats are free."""
        return [*self.cleaned_data.get("seats", ())] if self.is_bound else [*(self["seats"].value() or ())]

    @property
    def kinds(self) -> dict[str, str]:
        """The chosen slugs of types by seat label, whether or not there are such types."""
        return dict(self["types"].value() or {})

    @property
    def numbers(self) -> dict[tuple[str, str], str]:
        """What was typed as quantity, by the slugs of area and type."""
        typed = self["places"].value() or {}
        return {split_places(name): number for name, number in typed.items()}

    @property
    def is_look(self) -> bool:
        """Whether the customer wants to see what they chose once more, before anything is booked."""
        if not self.is_bound:
            return False
        self.full_clean()
        is_open = any(label not in self.kinds for label in self.chosen)
        return bool(self.cleaned_data.get("look") or (self.cleaned_data.get("untyped") and is_open))

    def forget_errors(self) -> None:
        """Complain about nothing: the customer isn't done yet."""
        self._errors = forms.utils.ErrorDict()

    def offer(self, seats: Sequence[Seat], *, instead_of: Sequence[Seat]) -> None:
        """Offer ``seats``, each as the type that the lost one was to have in whose place it comes."""
        self.alternatives = seats
        kinds = self.kinds
        for seat, lost in zip(seats, instead_of, strict=True):
            seat.wanted_as = kinds.get(lost.label, FULL_PRICE)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    def clean_total(self) -> int | None:
        total = self.cleaned_data["total"]
        return int(total) if TOTAL.fullmatch(total) else None

    def clean_terms(self) -> int | None:
        return read_version(self.cleaned_data["terms"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("instead"):
            cleaned["seats"] = list(dict.fromkeys([*cleaned["seats"], *cleaned["offered"]]))
            cleaned["total"] = None  # It doesn't include the offered seats.
        places, quantity = [*cleaned["seats"], *cleaned.get("places", ())], cleaned.get("quantity")
        if not places and not quantity and not self.errors.keys() & {"quantity", "places"}:
            raise forms.ValidationError(_("Choose at least one seat."), code="nothing_chosen")
        if places and quantity:
            raise forms.ValidationError(_("Choose seats or the best available, not both."))
        cleaned["wish"] = wish = Wish(
            seats={label: cleaned["types"].get(label, FULL_PRICE) for label in cleaned["seats"]},
            places=cleaned.get("places", ()),
            quantity=quantity or 0,
            type=cleaned.get("type", FULL_PRICE) if quantity else FULL_PRICE,
            code=cleaned.get("code", ""),
            most=cleaned.get("most"),
        )
        if wish.count > MAX_SEATS:
            raise forms.ValidationError(
                _("You can buy %(max)d seats at a time."), code="too_many", params={"max": MAX_SEATS}
            )
        return cleaned
