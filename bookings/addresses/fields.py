"""Fields for addresses, in forms and models: with that of the API, the doors by which one comes in."""

from typing import Any

from django import forms
from django.db import models

from bookings.addresses.normal_form import normal_form, normalize_address


class AddressInput(forms.EmailInput):
    """
    A text field with the keyboard for addresses.

    In one of the type ``email``, Chromium encodes the domain by the older rules before it is sent: of
    ``faß.de`` only ``fass.de`` would arrive.
    """

    input_type = "text"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        keyboard = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__({**keyboard, **(attrs or {})})


class AddressFormField(forms.EmailField):
    """An address in a form: its cleaned value is in the normal form, or its error says why not."""

    widget = AddressInput
    default_validators = []

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        return normalize_address(typed) if typed else ""


class AddressField(models.EmailField):
    """
    A column for addresses, which are stored and looked for in their normal form.

    Whoever wrote it, a form, an import or a restore: two rows with the same mailbox have the same text, but
    for capitals before the @. The column is that of an ``EmailField``.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return normal_form(value) if isinstance(value, str) else value

    def formfield(self, **options: Any) -> Any:
        # The admin has a widget of its own for addresses, of the type ``email``.
        widget = AddressInput({"class": "vTextField"})
        return super().formfield(**{**options, "form_class": AddressFormField, "widget": widget})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs
