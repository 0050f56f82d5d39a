"""What staff fill in before an action: why, and for some of them more."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.addresses.fields import AddressFormField, AddressInput
from bookings.addresses.normal_form import comparable
from bookings.validators import clean_name
from customers.claims import account_follows_address
from payments.models import Payment


class ActionForm(forms.Form):
    """Asks why. ``form_id`` makes the form one action, and ``version`` says what the page showed."""

    form_id = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        help_text=gettext_lazy("Saved with your name."),
    )
    field_order: list[str] | None = None

    def __init__(self, *args: Any, payment: Payment | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment
        self.fields["version"].required = bool(self.initial.get("version"))
        if payment is not None:
            self.offer(payment)

    def offer(self, payment: Payment) -> None:
        """Set what can be chosen, as ``payment`` is now."""

    def details(self) -> dict[str, Any]:
        """Return what the ``StaffCommand`` says besides the reason."""
        return {}


class NameForm(ActionForm):
    """Asks for the right name."""

    name = forms.CharField(
        label=gettext_lazy("New name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["name", "reason"]

    def offer(self, payment: Payment) -> None:
        self.initial["name"] = self.old = payment.booking.name

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        if name == self.old:
            raise forms.ValidationError(_("That’s already the name."))
        return name

    def details(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"]}


class AddressForm(ActionForm):
    """Asks for the right address, twice, and whose account the booking is in now."""

    OTHER, OWN = "other", "own"

    email = AddressFormField(
        label=gettext_lazy("New email address"),
        max_length=254,
        widget=AddressInput(attrs={"autocomplete": "off"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Type the new address again"),
        widget=AddressInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("To make sure the tickets arrive."),
    )
    account = forms.ChoiceField(
        label=gettext_lazy("Whose account is it in?"),
        widget=forms.RadioSelect,
        initial=OTHER,
        choices=[
            (OTHER, gettext_lazy("Another person’s, or not sure: take the booking out")),
            (OWN, gettext_lazy("This customer’s: leave the booking in")),
        ],
    )
    field_order = ["email", "again", "account", "reason"]

    def offer(self, payment: Payment) -> None:
        self.old = payment.booking.email
        if not (payment.booking.customer and account_follows_address(payment.booking)):
            del self.fields["account"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        email, again = cleaned.get("email"), cleaned.get("again")
        if email == self.old:
            self.add_error("email", _("That’s already the address."))
        elif email and again and comparable(email) != comparable(again):
            self.add_error("again", _("The two addresses don’t match."))
        return cleaned

    def details(self) -> dict[str, Any]:
        keeps_account = self.cleaned_data.get("account") == self.OWN
        return {"email": self.cleaned_data["email"], "keeps_account": keeps_account}
