"""Security headers for all responses, including the admin's."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
UNUSED = [
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "usb",
    "xr-spatial-tracking",
]


def permissions(*needed: str) -> str:
    """Return the ``Permissions-Policy`` that allows a page only the features that are ``needed``."""
    return ", ".join(f"{feature}=(self)" if feature in needed else f"{feature}=()" for feature in UNUSED)


HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": permissions(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",  # Most addresses are secrets. What anybody may find says so itself.
    # Django's own middleware sets these, too, but not on what is answered before it.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

Message = MutableMapping[str, Any]
App = Callable[[MutableMapping[str, Any], Any, Callable[[Message], Awaitable[None]]], Awaitable[None]]


def is_debug_page(status: int) -> bool:
    """Whether it is one of Django's pages for developers, which have inline scripts and styles."""
    return settings.DEBUG and status in (404, 500)


class SecurityHeadersLayer:
    """ASGI middleware that adds the headers to what is answered in front of Django, and instead of it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Callable[[Message], Awaitable[None]]
    ) -> None:
        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_debug_page(message["status"]):
                known = {name for name, _value in message["headers"]}
                missing = [header for header in RAW if header[0] not in known]
                if missing:
                    message = {**message, "headers": [*message["headers"], *missing]}
            await send(message)

        await self.app(scope, receive, complete if scope["type"] == "http" else send)


class SecurityHeadersMiddleware:
    """
    Allow pages to load resources from this host only, without inline scripts or styles or device access.

    A view can set its own headers instead. ``form-action`` is missing because browsers apply it to redirects
    too, and the checkout form redirects to Stripe. Violations aren't reported, because reports contain the
    page's secret URL. No answer under ``/api/`` is cached. It is the first middleware, so that errors of the
    others have these headers; with HTTPS, Django's ``SecurityMiddleware`` adds HSTS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if f"{request.path}/".startswith("/api/"):  # Errors too: a cached one would outlive its cause.
            response.headers.setdefault("Cache-Control", "no-store")
        if is_debug_page(response.status_code):
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
