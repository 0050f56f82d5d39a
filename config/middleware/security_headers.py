"""What every answer tells the browser to refuse, the staff's pages included."""

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
    "publickey-credentials-get",
    "usb",
    "xr-spatial-tracking",
]
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
    "Cross-Origin-Resource-Policy": "same-origin",
}


class StrictHeaders:
    """
    Tell browsers to load from this host alone, to run nothing inline, and to lend no device.

    A view that needs more says so itself. There is no ``form-action``: browsers apply it to redirects too,
    and the checkout's form ends at Stripe. Nothing is reported anywhere: a report would tell the page's
    secret address. ``SecurityMiddleware`` adds the rest: no sniffing, no foreign opener, no referrer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in (404, 500):
            return response  # Django's own page for developers has its scripts and styles in it.
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
