"""Serve static files from memory, and compress pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import get_conditional_response, patch_vary_headers

from config.assets import HASHED_NAME, TEXT_TYPES, Asset, asset_library
from config.middleware.packing import pack

IMMUTABLE = "public, max-age=31536000, immutable"  # a year, without revalidation
REVALIDATE = "public, no-cache"
SHORTEST = 200  # bytes that are worth compressing


class StaticFilesMiddleware:
    """
    Serve static files.

    If the hash in the URL isn't that of the current content, as during a deployment with old and new
    processes, the current content is sent, but browsers must revalidate it each time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        path = request.path.removeprefix(settings.STATIC_URL)
        named = HASHED_NAME.fullmatch(path)
        asset = asset_library().get(named[1] + named[3] if named else path)
        if asset is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _answer(request, asset, IMMUTABLE if path == asset.hashed_name else REVALIDATE)


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
    """Return the encodings that the browser accepts, always including identity."""
    parts = [
        part.replace(" ", "").partition(";q=")
        for part in request.headers.get("Accept-Encoding", "").split(",")
    ]
    return {name.lower() for name, _q, weight in parts if weight.strip("0.") or not weight} | {"identity"}


class CompressionMiddleware(GZipMiddleware):
    """
    Compress pages and JSON, by Brotli if the browser takes it, but not images and PDFs, which are compressed
    already.

    Compression can leak secrets by the length of a response (BREACH). Against that, each response gets random
    bytes, and Django masks CSRF tokens differently each time.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not TEXT_TYPES.match(response.headers.get("Content-Type", "")):
            return response
        if "br" in _accepted(request) and isinstance(response, HttpResponse) and _is_worth_it(response):
            return _pack(response)
        return super().process_response(request, response)


def _is_worth_it(response: HttpResponse) -> bool:
    return len(response.content) >= SHORTEST and not response.has_header("Content-Encoding")


def _pack(response: HttpResponse) -> HttpResponse:
    response.content = pack(response.content)
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["Content-Encoding"] = "br"
    patch_vary_headers(response, ["Accept-Encoding"])
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):
        response.headers["ETag"] = f"W/{etag}"  # What is the same before may be packed in another way.
    return response
