from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from bookings.money import format_money
from bookings.typed_money import MoneyField
from payments.counter_pages.forms.currencies import set_currency

# Notes and coins in minor units, for counting. In other currencies only the sum is typed.
PIECES = {
    "eur": (20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "chf": (100000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "gbp": (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "usd": (10000, 5000, 2000, 1000, 500, 100, 25, 10, 5, 1),
}
MOST_PIECES = 9_999


class OpenTillForm(forms.Form):
    """What is in a till at first, in one of ``currencies``."""

    currency = forms.ChoiceField(label="Currency")
    amount = MoneyField(
        label="Cash in the till now", error_messages={"required": "Enter the cash in the till, or 0."}
    )

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(it, it.upper()) for it in currencies]  # type: ignore[attr-defined]
        chosen = str(self.data.get("currency"))
        set_currency(self, chosen if chosen in currencies else currencies[0])


class CloseTillForm(forms.Form):
    """What was found in a till: a sum, or how many of each note and coin (``piece-<minor units>``)."""

    counted = MoneyField(required=False, label="Counted")
    note = forms.CharField(required=False, max_length=300, label="Reason for the difference")
    signature = forms.CharField(
        max_length=200, label="Your name", error_messages={"required": "Sign with your name."}
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_currency(self, currency)
        self._pieces = {f"piece-{value}": value for value in PIECES.get(currency, ())}
        for field, value in self._pieces.items():
            attributes = {"min": 0, "max": MOST_PIECES, "inputmode": "numeric", "data-piece": value}
            self.fields[field] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                label=format_money(value, currency),
                widget=forms.NumberInput(attributes),
            )

    def pieces(self) -> Iterator[forms.BoundField]:
        for field in self._pieces:
            yield self[field]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        numbers = {value: cleaned.get(field) for field, value in self._pieces.items()}
        piled = sum(value * (number or 0) for value, number in numbers.items())
        is_piled = any(number is not None for number in numbers.values())
        counted = cleaned.get("counted")
        if counted is None and not is_piled and not self.errors:
            self.add_error("counted", "Enter what you counted.")
        elif counted is not None and is_piled and counted != piled:
            self.add_error(
                "counted", "The notes and coins add up to a different amount. Leave one of the two empty."
            )
        cleaned["sum"] = piled if counted is None else counted
        return cleaned
