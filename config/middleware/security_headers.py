"""Security headers for all responses, including the admin's."""

from collections.abc import Callable

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
}


class SecurityHeadersMiddleware:
    """
    Allow pages to load resources from this host only, without inline scripts or styles or device access.

    A view can set its own headers instead. ``form-action`` is missing because browsers apply it to redirects
    too, and the checkout form redirects to Stripe. Violations aren't reported, because reports contain the
    page's secret URL. No answer under ``/api/`` is cached. Django's ``SecurityMiddleware`` adds more headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if f"{request.path}/".startswith("/api/"):  # Errors too: a cached one would outlive its cause.
            response.headers.setdefault("Cache-Control", "no-store")
        if settings.DEBUG and response.status_code in (404, 500):
            return response  # Django's debug pages have inline scripts and styles.
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
