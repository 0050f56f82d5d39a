"""Refuse requests in an encoding that Django would fail to read, before anything reads them."""

import codecs
import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

# Django decodes the query and forms with the charset of the content type, whatever codec Python has by that
# name. In these, an ASCII character is one byte. What browsers and programs send is in UTF-8.
CHARSETS = {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"}
LONGEST = 500
UNREADABLE = "admit.unreadable"

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@functools.lru_cache(maxsize=256)
def is_readable(content_type: str) -> bool:
    """Return whether Django can read a request of this type; a charset that nobody knows, it ignores."""
    if len(content_type) > LONGEST or not content_type.isprintable():
        return False
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return False
    try:
        return codecs.lookup(parameters.get("charset", "utf-8")).name in CHARSETS
    except LookupError:
        return True


def with_readable_types(app: WsgiApp) -> WsgiApp:
    """Wrap a WSGI application: Django makes its request of the content type before any middleware runs."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not is_readable(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"], environ[UNREADABLE] = "application/octet-stream", True
        return app(environ, start_response)

    return answer


class ContentTypeMiddleware:
    """Answer 400 to a content type that isn't readable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get(UNREADABLE) or not is_readable(request.META.get("CONTENT_TYPE", "")):
            raise BadRequest("Its content type can't be read.")
        return self.get_response(request)
