"""
Browsers that are known because their owner has signed in with them before: OWASP's device cookies.

Limits that strangers can reach don't stop a known browser, which has limits of its own. So nobody can be
locked out by others who type their name or address.
"""

import re
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from customers.models import KnownDevice

LIFETIME = timedelta(days=180)  # without signing in
TOKEN = re.compile(r"[\w-]{32}", re.ASCII)


def cookie_name() -> str:
    # With the prefix, no other host of the domain can set the cookie.
    return "__Host-device" if settings.HTTPS else "device"


def known_device(request: HttpRequest, **owner: Any) -> KnownDevice | None:
    """Return the row of this browser if the user that ``owner`` describes has signed in with it."""
    token = _token(request)
    if token is None:
        return None
    fresh = KnownDevice.objects.filter(last_used_at__gt=timezone.now() - LIFETIME)
    return fresh.filter(fingerprint=_fingerprint(token), **owner).first()


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Make this browser a known one of ``user``, who has just signed in with it."""
    token = _token(request) or secrets.token_urlsafe(24)
    KnownDevice.objects.update_or_create(
        user=user, fingerprint=_fingerprint(token), defaults={"last_used_at": timezone.now()}
    )
    response.set_cookie(
        cookie_name(), token, max_age=LIFETIME, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def forget_devices(user: User) -> None:
    KnownDevice.objects.filter(user=user).delete()


def forget_old_devices() -> None:
    KnownDevice.objects.filter(last_used_at__lt=timezone.now() - LIFETIME).delete()


def _token(request: HttpRequest) -> str | None:
    token = request.COOKIES.get(cookie_name(), "")
    return token if TOKEN.fullmatch(token) else None


def _fingerprint(token: str) -> str:
    return salted_hmac("customers.device", token, algorithm="sha256").hexdigest()
