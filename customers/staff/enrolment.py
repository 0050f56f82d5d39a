"""Setting up a second factor: what the page offers, and what comes back from it."""

import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe

from config.middleware.security_headers import permissions
from customers.models import Factor
from customers.staff import factors

SECRET = "new_app_secret"  # session key: of the app that is being set up  # noqa: S105


def offer(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what the page needs to set up an app, and a passkey where that is possible."""
    secret = request.session.setdefault(SECRET, factors.new_secret())
    return {
        "qr": _draw(factors.app_address(user, secret)),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "passkey_options": as_json(factors.passkey_options(user)) if factors.can_use_passkeys() else "",
    }


def accept(request: HttpRequest, user: User) -> Factor | None:
    """Store the factor that was posted, and return which it is, or None if it is wrong."""
    if "credential" in request.POST:
        is_added = factors.add_passkey(user, request.POST.get("name", "")[:50], posted_credential(request))
        return Factor.PASSKEY if is_added else None
    secret = request.session.get(SECRET)
    if not secret or not factors.add_app(user, secret, request.POST.get("code", "")[:20]):
        return None
    del request.session[SECRET]
    return Factor.APP


def posted_credential(request: HttpRequest) -> Any:
    """Return what the browser says of a passkey, or None if that isn't JSON."""
    try:
        return json.loads(request.POST.get("credential", ""))
    except (ValueError, RecursionError):
        return None


def as_json(options: dict[str, Any]) -> str:
    return json.dumps(options, cls=DjangoJSONEncoder)


def allow_passkeys(response: HttpResponse) -> HttpResponse:
    """Let this page ask the browser for passkeys, which no other page may."""
    response.headers["Permissions-Policy"] = permissions(
        "publickey-credentials-create", "publickey-credentials-get"
    )
    return response


def _draw(address: str) -> SafeString:
    picture = get_adapter().build_totp_svg(address)
    return mark_safe(picture[picture.index("<svg") :])  # noqa: S308  # Only the library's own drawing.
