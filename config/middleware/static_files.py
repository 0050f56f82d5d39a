"""What goes over the wire: static files from memory, and pages compressed."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import get_conditional_response, patch_vary_headers

from config.assets import NAMED, TEXT, Asset, library

KEPT = "public, max-age=31536000, immutable"  # a year, without asking
CHECKED = "public, no-cache"


class StaticFiles:
    """
    Answer requests for static files.

    An address that names other content than the file has now, as while one process is newer than another,
    gets what there is, but nobody keeps it under that name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        path = request.path.removeprefix(settings.STATIC_URL)
        named = NAMED.fullmatch(path)
        asset = library().get(named[1] + named[3] if named else path)
        if asset is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _answer(request, asset, KEPT if path == asset.address else CHECKED)


def _answer(request: HttpRequest, asset: Asset, kept: str) -> HttpResponseBase:
    accepted = _accepted(request)
    encoding = next(name for name in asset.encodings if name in accepted)
    response = HttpResponse(asset.encodings[encoding], asset.content_type)
    response.headers["Cache-Control"] = kept
    response.headers["ETag"] = f'"{asset.digest}-{encoding}"'
    patch_vary_headers(response, ["Accept-Encoding"])
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response


def _accepted(request: HttpRequest) -> set[str]:
    """Return the encodings that the browser takes; it takes a file as it is in any case."""
    parts = [
        part.replace(" ", "").partition(";q=")
        for part in request.headers.get("Accept-Encoding", "").split(",")
    ]
    return {name.lower() for name, _q, weight in parts if weight.strip("0.") or not weight} | {"identity"}


class CompressedText(GZipMiddleware):
    """
    Compress pages and JSON, and leave pictures and PDFs alone, which are compressed already.

    Secrets in a page could be guessed from the length of what is compressed together with a stranger's words
    (BREACH): Django adds some random bytes to each answer, and masks the token of each form anew.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if TEXT.match(response.headers.get("Content-Type", "")):
            return super().process_response(request, response)
        return response
