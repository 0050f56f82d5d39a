"""The one shape of an error under ``/api/``: ``{"error": {"code", "message", …}}``."""

import logging
from typing import Any

from django.db import OperationalError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


class ApiError(exceptions.APIException):
    """
    Something the caller should know: an HTTP status, a code, a sentence, and what goes with it.

    ``retry_after`` is in seconds, for the header of that name.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None, **extra: Any
    ) -> None:
        super().__init__(message, code)
        self.status_code = status
        self.wait = retry_after  # REST framework makes the header of it.
        self.extra = extra


def body(code: str, message: str, **extra: Any) -> dict[str, Any]:
    """Return the JSON object of an error."""
    return {"error": {"code": code, "message": message, **extra}}


def answer(status: int, code: str, message: str) -> JsonResponse:
    """Return an error from a view that isn't REST framework's."""
    return JsonResponse(body(code, message), status=status)


def as_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer REST framework's exceptions in the one shape; leave the others to Django."""
    if isinstance(error, OperationalError):
        logger.error("the database is away: %s", error)
        error = ApiError(503, "unavailable", _("The shop is not reachable. Please try again."), retry_after=5)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ApiError):
        response.data = body(str(error.detail.code), str(error.detail), **error.extra)  # type: ignore[union-attr]
    elif isinstance(error, exceptions.ValidationError):
        response.data = body("invalid", _("Some of the values are missing or wrong."), fields=error.detail)
    elif isinstance(error, exceptions.APIException):
        response.data = body(error.default_code, str(error.detail))
    else:
        response.data = body("not_found", _("There is nothing at this address."))
    return response
