"""Choose the language of each page: the customer's choice, or English for staff."""

import functools

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

STAFF_LANGUAGE = "en-gb"  # Messages to staff aren't translated.


class LanguageMiddleware(LocaleMiddleware):
    """Use the language of the customer's cookie, else of their browser; English on staff's pages."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(_staff_prefixes()):
            translation.activate(STAFF_LANGUAGE)
            request.LANGUAGE_CODE = STAFF_LANGUAGE
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ["Cookie"])
        return super().process_response(request, response)


@functools.cache
def _staff_prefixes() -> tuple[str, str]:
    return reverse("admin:index"), reverse("counter:home")


def override_language(language: str) -> translation.override:
    """Return a context manager that activates ``language``, or the default if it isn't offered any more."""
    is_offered = language in dict(settings.LANGUAGES)
    return translation.override(language if is_offered else settings.LANGUAGE_CODE)


# Exempt, so that pages with an expired token can switch too, such as tickets kept offline. Another site that
# forges this request could only change the language.
@csrf_exempt
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in a cookie, and redirect to the page in ``next``."""
    return set_language(request)
