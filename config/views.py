import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from config.errors import error_response


@csrf_exempt
def unknown_api(request: HttpRequest) -> JsonResponse:
    return error_response(404, "not_found", _("There is nothing at this address."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a 400 raised outside a view's own error handling, as a page or as JSON under ``/api/``."""
    if request.path.startswith("/api/"):
        return error_response(400, "bad_request", _("This request could not be read."))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a 500 as a page or as JSON under ``/api/``; a page gets 503 if the database can't be reached."""
    if request.path.startswith("/api/"):
        return error_response(
            500, "server_error", _("Something went wrong on our side. Please try again later.")
        )
    if isinstance(sys.exc_info()[1], OperationalError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})
    return defaults.server_error(request)
