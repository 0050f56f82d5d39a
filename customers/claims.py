"""Which account a booking is in."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import get_language

from bookings.holds import Buyer


def buyer_of(request: HttpRequest, *, name: str, email: str) -> Buyer:
    """Return who books: whoever is signed in, else the account that ``email`` is a verified address of."""
    account = signed_in(request) or owner_of(email)
    return Buyer(name=name, email=email, account=account, language=get_language() or settings.LANGUAGE_CODE)


def signed_in(request: HttpRequest) -> User | None:
    """Return who is signed in, or None."""
    return request.user if isinstance(request.user, User) else None


def owner_of(email: str) -> User | None:
    """Return whose verified address ``email`` is, in whatever case it is written."""
    verified = EmailAddress.objects.filter(verified=True, email=email.lower()).select_related("user")
    return next((address.user for address in verified), None)
