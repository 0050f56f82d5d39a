"""Who is asking, behind a reverse proxy: forwarded headers count only from trusted addresses."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class TrustedProxies:
    """
    Put the customer's address and scheme into the request, as told by ``TRUSTED_PROXIES`` and nobody else.

    ``X-Forwarded-For`` is read from its right end, where the nearest proxy wrote: the first address that
    is not a trusted proxy is the customer's. What a stranger wrote further left is never looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
            request.META["REMOTE_ADDR"] = self._customer(forwarded_for) or request.META["REMOTE_ADDR"]
            if forwarded_proto in ("http", "https"):
                request.META["wsgi.url_scheme"] = forwarded_proto
        return self.get_response(request)

    @staticmethod
    def _customer(forwarded_for: str) -> str:
        addresses = [address.strip() for address in forwarded_for.split(",")]
        strangers = [address for address in addresses if address not in settings.TRUSTED_PROXIES]
        return strangers[-1] if strangers else ""
