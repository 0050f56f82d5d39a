"""Which browser and network a request comes from, and whose mailbox that browser has shown to be its own."""

import re
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

from bookings.orders.visitors import Visitor, digest
from customers.limits import network_of

TOKEN = re.compile(r"[\w-]{22}", re.ASCII)
LIFETIME = timedelta(days=1)
MOST_CONFIRMED = 5  # addresses; a family books with fewer
SALT = "customers.confirmed"


def visitor_of(request: HttpRequest, email: str) -> Visitor:
    """Return who asks to book with ``email``, which may be anybody's."""
    return Visitor(
        browser=digest("browser", _token(request)),
        network=digest("network", network_of(request.META.get("REMOTE_ADDR", ""))),
        has_confirmed_email=has_confirmed(request, email),
    )


def remember_browser(request: HttpRequest, response: HttpResponse) -> None:
    """Have the browser keep the random value by which its open holds are counted, for a day."""
    _set(response, _name("browser"), _token(request))


def has_confirmed(request: HttpRequest, email: str) -> bool:
    """Return whether ``email`` is an address of who is signed in, or was confirmed in this browser today."""
    if _mark(email) in _confirmed(request):
        return True
    user = getattr(request, "user", None)
    own = EmailAddress.objects.filter(verified=True, email=email.lower())
    return isinstance(user, User) and own.filter(user=user).exists()


def remember_confirmed(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Have the browser remember for a day that its user has shown that ``email`` is theirs."""
    marks = [mark for mark in _confirmed(request) if mark != _mark(email)]
    kept = [*marks, _mark(email)][-MOST_CONFIRMED:]
    _set(response, _name("confirmed"), signing.dumps(kept, salt=SALT))


def _token(request: HttpRequest) -> str:
    """Return the browser's random value; one that has none yet gets one, which is kept for this request."""
    known = request.META.get("admit.browser") or request.COOKIES.get(_name("browser"), "")
    token = known if TOKEN.fullmatch(known) else secrets.token_urlsafe(16)
    request.META["admit.browser"] = token
    return str(token)


def _confirmed(request: HttpRequest) -> list[str]:
    try:
        return list(signing.loads(request.COOKIES.get(_name("confirmed"), ""), salt=SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return []


def _mark(email: str) -> str:
    return digest("address", email.lower())


def _name(name: str) -> str:
    # With the prefix, no other host of the domain can set the cookie.
    return f"__Host-{name}" if settings.HTTPS else name


def _set(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=LIFETIME, secure=settings.HTTPS, httponly=True, samesite="Lax")
