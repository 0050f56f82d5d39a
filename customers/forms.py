from django import forms
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from bookings.addresses.fields import AddressFormField


class EmailForm(forms.Form):
    """An email address in its normal form, converted to lower case."""

    email = AddressFormField(max_length=254)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


def next_page(request: HttpRequest, default: str) -> str:
    """Return the page to go to after a form: ``next`` if it is a path on this host, else ``default``."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        next_url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return next_url if is_ours and next_url.startswith("/") and next_url.isprintable() else default
