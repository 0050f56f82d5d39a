from typing import Any

from django import forms
from django.conf import settings

from bookings.addresses.fields import AddressFormField
from bookings.money import format_money
from bookings.typed_money import MoneyField
from bookings.validators import LONGEST_NAME, clean_name
from payments.counter.holding import Customer
from payments.counter_pages.forms.currencies import set_currency
from payments.models import SaleKind

LINK = "link"  # beside the kinds of a sale: the customer is mailed where to pay
WAYS = [(kind.value, kind.label) for kind in SaleKind] + [(LINK, "Email a payment link")]


class PayForm(forms.Form):
    """
    How what is held is paid, whom it is for, and what only some ways need.

    ``amount`` is what it costs, in minor units of ``currency``. ``given`` is what the customer has put down.
    """

    kind = forms.ChoiceField(choices=WAYS)
    given = MoneyField(required=False, label="Cash received")
    name = forms.CharField(required=False, max_length=LONGEST_NAME, label="Name")
    email = AddressFormField(required=False, max_length=254, label="Email")
    language = forms.ChoiceField(
        required=False, choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE, label="Email language"
    )
    reason = forms.CharField(required=False, max_length=300, label="Reason")
    allowed_by = forms.CharField(required=False, max_length=200, label="Approved by")

    def __init__(self, *args: Any, amount: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.amount, self.currency = amount, currency
        set_currency(self, currency)

    @property
    def way(self) -> str:
        """How it is paid: what costs nothing is free, whichever button was pressed."""
        return self.cleaned_data["kind"] if self.amount else SaleKind.FREE

    @property
    def customer(self) -> Customer:
        """Whom it is for, as far as that was typed as it should be."""
        cleaned = self.cleaned_data
        language = cleaned.get("language") or settings.LANGUAGE_CODE
        return Customer(name=cleaned.get("name", ""), email=cleaned.get("email", ""), language=language)

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"]) if self.cleaned_data["name"] else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        match cleaned.get("kind") if self.amount else None:
            case SaleKind.CASH:
                self._require_enough(cleaned.get("given"))
            case SaleKind.COMPLIMENTARY:
                self._require("reason", "Enter a reason.")
                self._require("allowed_by", "Enter who approved it.")
            case "link":
                self._require("email", "Enter the customer’s email address.")
            case SaleKind.FREE:
                self.add_error(None, "Choose how the customer pays.")
        return cleaned

    def _require_enough(self, given: int | None) -> None:
        if given is not None and given < self.amount:
            short = format_money(self.amount - given, self.currency)
            self.add_error("given", f"{short} short.")

    def _require(self, field: str, words: str) -> None:
        if field not in self.errors and not self.cleaned_data.get(field):
            self.add_error(field, words)
