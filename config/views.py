import sys

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from config.errors import ApiError, error_response, unavailable


@csrf_exempt
def unknown_api(request: HttpRequest) -> JsonResponse:
    return error_response(404, "not_found", _("There is nothing at this address."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a 400 raised outside a view's own error handling, as a page or as JSON under ``/api/``."""
    if request.path.startswith("/api/"):
        return error_response(400, "bad_request", _("This request could not be read."))
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 without a look at the request's body, which Django's own handler may fail to read."""
    return HttpResponseNotFound(render_to_string("404.html", request=request))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a 500 as a page or as JSON under ``/api/``, or a 503 if it is the database's fault."""
    is_api = request.path.startswith("/api/")
    if error := unavailable(sys.exc_info()[1]):
        return away(error, is_api=is_api)
    if is_api:
        return error_response(
            500, "server_error", _("Something went wrong on our side. Please try again later.")
        )
    return defaults.server_error(request)


def away(error: ApiError, *, is_api: bool) -> HttpResponse:
    """Answer 503, with the time after which to try again."""
    response: HttpResponse
    if is_api:
        response = error_response(error.status_code, "unavailable", str(error.detail))
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(error.wait)
    return response
