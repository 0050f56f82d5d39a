"""Choose the form of an answer under ``/api/``."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

USUAL = ("*/*", "application/json")


class ShortNegotiation(DefaultContentNegotiation):
    """
    Negotiate as REST framework does, but don't parse ``Accept`` if it is what browsers and programs send.

    Views that have nothing but JSON would otherwise spend a twentieth of their time on finding that out.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        offered = list(renderers)
        is_usual = request.META.get("HTTP_ACCEPT", "*/*") in USUAL
        if is_usual and [type(renderer) for renderer in offered] == [JSONRenderer]:
            format_ = format_suffix or request.query_params.get(self.settings.URL_FORMAT_OVERRIDE or "")
            if not format_:
                return offered[0], offered[0].media_type
        chosen: Any = super().select_renderer(request, offered, format_suffix)
        return chosen
