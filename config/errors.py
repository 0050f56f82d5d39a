"""Errors of the JSON API, which all look like ``{"error": {"code", "message", …}}``."""

import logging
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.database.trouble import Trouble, note, trouble_of

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # s, while the database can't do what it was asked


class ApiError(exceptions.APIException):
    """
    An error response: HTTP status, code, message for people, and ``extra`` members of the error object.

    ``retry_after`` (seconds) becomes the header ``Retry-After``.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None, **extra: Any
    ) -> None:
        super().__init__(message, code)
        self.status_code = status
        self.wait = retry_after  # REST framework sends it as the header.
        self.extra = extra


def unavailable(error: BaseException | None) -> ApiError | None:
    """
    Return the error to answer with if ``error`` means that the database can't do what it was asked.

    Call it once an error: it is logged, and what the database suffers from is remembered for ``/readyz``.
    """
    trouble = trouble_of(error)
    if trouble is None:
        return None
    logger.error("the database is %s: %s", trouble, error)
    note(trouble)
    message = _("The shop is not reachable. Please try again.")
    if trouble == Trouble.SLOW:
        message = _("The shop is very busy at the moment. Please try again in a few seconds.")
    return ApiError(503, "unavailable", message, retry_after=RETRY_AFTER)


def error_body(code: str, message: str, **extra: Any) -> dict[str, Any]:
    """Return the JSON object of an error."""
    return {"error": {"code": code, "message": message, **extra}}


def error_response(status: int, code: str, message: str) -> JsonResponse:
    """Return an error response for a plain Django view."""
    return JsonResponse(error_body(code, message), status=status)


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Convert REST framework's exceptions to error responses; return None to leave others to Django."""
    error = unavailable(error) or error
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ApiError):
        code = str(error.detail.code)  # type: ignore[union-attr]
        response.data = error_body(code, str(error.detail), **error.extra)
    elif isinstance(error, exceptions.ValidationError):
        response.data = error_body(
            "invalid", _("Some of the values are missing or wrong."), fields=error.detail
        )
    elif isinstance(error, exceptions.APIException):
        response.data = error_body(error.default_code, str(error.detail))
    else:
        response.data = error_body("not_found", _("There is nothing at this address."))
    return response
