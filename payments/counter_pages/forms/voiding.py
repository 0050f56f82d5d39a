from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from django import forms

from bookings.models import Ticket
from bookings.money import format_money
from bookings.tickets.presence import note_entry
from bookings.typed_money import MoneyField
from payments.counter_pages.forms.currencies import set_currency
from payments.models import CounterSale, SaleKind
from payments.models.counter import TILL_KINDS

NOTHING = "nothing"
WAYS = [*((kind.value, kind.label) for kind in TILL_KINDS), (NOTHING, "No refund")]


class VoidForm(forms.Form):
    """
    Which tickets of a sale are void from now on, why, and what goes back for them.

    ``worth`` has what was paid for each ticket, by its id, in minor units; of ``left`` no more can go back.
    """

    form_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
    tickets = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label="Tickets",
        error_messages={"required": "Choose the tickets to cancel."},
    )
    how = forms.ChoiceField(choices=WAYS, widget=forms.RadioSelect, label="Refund by")
    amount = MoneyField(required=False, label="Refund amount", help_text="Empty: the full price.")
    reason = forms.CharField(max_length=300, label="Reason", error_messages={"required": "Enter a reason."})

    def __init__(
        self,
        *args: Any,
        sale: CounterSale,
        tickets: Sequence[Ticket],
        worth: Mapping[int, int],
        left: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sale, self.worth, self.left = sale, worth, left
        set_currency(self, sale.currency)
        names = {
            it.pk: note_entry(f"{it.seat.label}, {format_money(worth[it.pk], sale.currency)}", it)
            for it in tickets
        }
        self.fields["tickets"].choices = list(names.items())  # type: ignore[attr-defined]
        self.initial.setdefault("tickets", list(names))
        self.initial.setdefault("how", sale.kind if sale.kind in TILL_KINDS else NOTHING)
        if not left:
            self.fields["how"].choices = WAYS[-1:]  # type: ignore[attr-defined]

    @property
    def kind(self) -> SaleKind | None:
        how = self.cleaned_data["how"]
        return None if how == NOTHING else SaleKind(how)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed, how = cleaned.get("amount"), cleaned.get("how")
        cost = sum(self.worth[pk] for pk in cleaned.get("tickets") or ())
        cleaned["back"] = 0 if how == NOTHING else min(cost, self.left) if typed is None else typed
        if how == NOTHING and typed:
            self.add_error("how", "Choose how to refund, or leave the amount empty.")
        elif cleaned["back"] > min(cost, self.left):
            most = format_money(min(cost, self.left), self.sale.currency)
            self.add_error("amount", f"You can refund up to {most} for these tickets.")
        elif how in TILL_KINDS and "tickets" not in self.errors and not cleaned["back"]:
            self.add_error("how", "These tickets were free, so there’s nothing to refund.")
        return cleaned
