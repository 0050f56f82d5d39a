from django import forms


class EmailForm(forms.Form):
    """An address, as it is kept: in small letters."""

    email = forms.EmailField(max_length=254)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
