"""Know a device by its cookie."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from bookings.door.devices.codes import hash_secret
from bookings.door.devices.pairing import expiry_of
from bookings.door.statements import DEVICE, EVENTS
from bookings.models import Device, Event
from config.errors import ApiError
from config.schema import Errors

OF_DEVICES: Errors = {401: {"unpaired": {}}, 403: {"wrong_origin": {}}}
# Its row says whether a device works. The cookie lasts longer, for events that are postponed.
COOKIE_LIFE = timedelta(days=400)
OF_AN_EVENT: Errors = {403: {"not_your_event": {}}}


def cookie_name() -> str:
    # With the prefix, no other host of the domain can set the cookie.
    return "__Host-door" if settings.HTTPS else "door"


def remember(response: HttpResponse, secret: str) -> None:
    """Give a device its secret. No script can read it, and no other site can have it sent."""
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=COOKIE_LIFE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def device_of(request: HttpRequest) -> Device | None:
    """Return the device that asks, with its events, if it may still scan."""
    secret = request.COOKIES.get(cookie_name(), "")
    if not secret:
        return None
    device = next(iter(DEVICE.fetch(hash_secret(secret))), None)
    if device is None or not (events := EVENTS.fetch(device.pk)):
        return None
    _know(device, events)
    expires_at = expiry_of(events)
    if expires_at != device.expires_at:  # An event was moved, or is another's now.
        device.expires_at = expires_at
        device.save(update_fields=["expires_at"])
    return device if device.is_working else None


def _know(device: Device, events: list[Event]) -> None:
    """Have ``device.events.all()`` be these, as ``prefetch_related`` does."""
    rows: Any = device.events.all()
    rows._result_cache, rows._prefetch_done = events, True
    vars(device)["_prefetched_objects_cache"] = {"events": rows}


def require_same_origin(request: HttpRequest) -> None:
    """Raise ``ApiError`` if another site has sent this, as far as the browser says who."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in (f"{request.scheme}://{request.get_host()}", settings.SITE_URL):
        raise ApiError(403, "wrong_origin", _("This request comes from another site."))


class DoorScheme(OpenApiAuthenticationExtension):
    """Document the device's cookie as an authentication scheme."""

    target_class = "bookings.door.devices.authentication.DoorAuthentication"
    name = "door"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": cookie_name()}


class DoorAuthentication(BaseAuthentication):
    """Use the paired device as ``request.auth``; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, Device] | None:
        device = device_of(request._request)
        if device is None:
            return None
        require_same_origin(request._request)
        return None, device


class AtTheDoor(BasePermission):
    """Let only paired devices in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Device):
            raise ApiError(401, "unpaired", _("This device isn’t paired, or no longer. Ask for a new code."))
        return True


def event_of(device: Device, pk: int) -> Event:
    """Return the event of that id; raise ``ApiError`` unless the ``device`` is for it."""
    for event in device.events.all():
        if event.pk == pk:
            return event
    raise ApiError(403, "not_your_event", _("This device isn’t paired for this event."))
