"""Clear the tickets that a browser keeps for offline use when the customer signs out."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

# Of a device at the door. Its browser keeps scans that the server may not have yet.
DOOR_COOKIES = ("__Host-door", "door")


class ClearSiteDataMiddleware:
    """
    Answer a request that signs out with ``Clear-Site-Data``, so that the browser drops its copies.

    That would drop a door device's scans as well: there, the page deletes the copies (``signed-out.js``).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_at_the_door = any(name in request.COOKIES for name in DOOR_COOKIES)
        if getattr(request, "has_signed_out", False) and not is_at_the_door:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


@receiver(user_logged_out)
def _note(request: Any, **_signal: Any) -> None:
    if request is not None:
        request.has_signed_out = True
