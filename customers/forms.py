from django import forms

from bookings.validators import require_mailable


class EmailForm(forms.Form):
    """An email address, converted to lower case."""

    email = forms.EmailField(max_length=254, validators=[require_mailable])

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
