import re
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressFormField
from bookings.models import Booking, Seat
from bookings.orders.wishes import FULL_PRICE, MAX_SEATS, Wish
from bookings.validators import clean_name
from legal.terms import read_version

TOTAL = re.compile(r"[0-9]{1,15}")  # As exact in the page's script as here.


class SeatLabels(forms.Field):
    """Any number of seats' labels. Whether such seats exist is checked when they are held."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        return [label for label in dict.fromkeys(value or []) if label.isprintable()]


def new_attempt() -> str:
    """Return a random token: forms submitted with the same one count as one purchase."""
    return secrets.token_urlsafe(16)


class BookingForm(forms.Form):
    """
    The checkout form: seats by label, or a quantity of the best available ones, and the customer.

    If some seats are taken, the view sets ``alternatives``, and the page sends their labels as ``offered``;
    with ``instead``, the customer takes them. If they have reserved as much as they may, the view sets
    ``unpaid``: their bookings that are to be paid or cancelled first. ``total`` is the sum that the page
    showed, in minor units, or None without JavaScript. ``terms`` is the version of the terms that they have
    agreed to.
    """

    attempt = forms.CharField(max_length=64, initial=new_attempt)
    seats = SeatLabels(required=False)
    offered = SeatLabels(required=False)
    instead = forms.BooleanField(required=False)
    total = forms.CharField(required=False)
    quantity = forms.IntegerField(required=False, min_value=1, max_value=MAX_SEATS)
    name = forms.CharField(max_length=200)
    email = AddressFormField(max_length=254)
    terms = forms.CharField(required=False, max_length=7)
    code = forms.CharField(required=False, max_length=60)

    alternatives: Sequence[Seat] = ()
    unpaid: Sequence[Booking] = ()

    @property
    def chosen(self) -> list[str]:
        """The submitted seat labels, whether or not these seats are free."""
        return [*self.cleaned_data.get("seats", ())] if self.is_bound else []

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
        seats, quantity = cleaned.get("seats"), cleaned.get("quantity")
        if not seats and not quantity and "quantity" not in self.errors:
            raise forms.ValidationError(_("Choose at least one seat."), code="nothing_chosen")
        if seats and quantity:
            raise forms.ValidationError(_("Choose seats, or ask for the best available: not both."))
        if seats and len(seats) > MAX_SEATS:
            raise forms.ValidationError(
                _("You can buy %(max)d seats at a time."), code="too_many", params={"max": MAX_SEATS}
            )
        cleaned["wish"] = Wish(
            seats=dict.fromkeys(seats or (), FULL_PRICE),
            quantity=quantity or 0,
            code=cleaned.get("code", ""),
        )
        return cleaned
