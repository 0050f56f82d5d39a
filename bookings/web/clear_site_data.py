"""Clear the tickets that a browser keeps for offline use when the customer signs out."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse


class ClearSiteDataMiddleware:
    """Answer a request that signs out with ``Clear-Site-Data``, so that the browser drops its copies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "has_signed_out", False):
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


@receiver(user_logged_out)
def _note(request: Any, **_signal: Any) -> None:
    if request is not None:
        request.has_signed_out = True
