"""Which language is spoken: the customer's with customers, English with staff."""

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

STAFF = "en-gb"  # Staff's words are in no catalogue, so their pages would be half in another language.


class Languages(LocaleMiddleware):
    """Speak the language of the customer's cookie, else of their browser; English under ``/admin/``."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(_admin()):
            translation.activate(STAFF)
            request.LANGUAGE_CODE = STAFF
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ["Cookie"])
        return super().process_response(request, response)


@functools.cache
def _admin() -> str:
    return reverse("admin:index")


def override_language(language: str) -> translation.override:
    """Return a context that speaks ``language``, or the shop's own where that one was given up since."""
    is_spoken = language in dict(settings.LANGUAGES)
    return translation.override(language if is_spoken else settings.LANGUAGE_CODE)


# Without a token, so that pages which outlive theirs can switch too, such as one kept for the door. All that
# another site could do with it is change the words.
@csrf_exempt
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Keep the language that was chosen in a cookie, and go back to the page that names itself."""
    return set_language(request)
