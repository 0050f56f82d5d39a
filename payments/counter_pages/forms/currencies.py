from django import forms

from bookings.typed_money import MoneyField


def set_currency(form: forms.Form, currency: str) -> None:
    """Have all amounts in ``form`` typed in ``currency``."""
    for field in form.fields.values():
        if isinstance(field, MoneyField):
            field.of(currency)
