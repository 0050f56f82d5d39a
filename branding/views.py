"""Pictures and colours. Each address says all that its answer depends on, so the answer never changes."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from branding.art import draw
from branding.models import file_name
from branding.models.picture import CONTENT_TYPES
from branding.stylesheet import sheet_of, version_of

IMMUTABLE = "public, max-age=31536000, immutable"  # a year, without revalidation
SOON = "public, max-age=60"  # s, while some processes run other code than others
# Whoever opens a picture by itself gets nothing that runs, whatever was smuggled into it.
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
def picture(request: HttpRequest, digest: str, width: int, ending: str) -> HttpResponse:
    """Send one file of an uploaded picture, from the storage."""
    try:
        with default_storage.open(file_name(digest, width, ending)) as file:
            content = file.read()
    except FileNotFoundError:
        return nothing(request)
    return _for_everybody(HttpResponse(content, CONTENT_TYPES[ending]))


@require_safe
def art(request: HttpRequest, seed: str, brand: str, action: str, version: str) -> HttpResponse:
    """Draw the picture of an event that has none."""
    drawing = draw(seed, f"#{brand}", f"#{action}")
    is_current = version_of(drawing) == version
    return _for_everybody(HttpResponse(drawing, "image/svg+xml"), IMMUTABLE if is_current else SOON)


@require_safe
def stylesheet(request: HttpRequest, brand: str, action: str, version: str) -> HttpResponse:
    """Send the tokens of a shop with these colours."""
    sheet = sheet_of(f"#{brand}", f"#{action}")
    response = HttpResponse(sheet, "text/css; charset=utf-8")
    response.headers["Cache-Control"] = IMMUTABLE if version_of(sheet) == version else SOON
    return response


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotFound("There is nothing at this address.", content_type="text/plain")


def _for_everybody(response: HttpResponse, caching: str = IMMUTABLE) -> HttpResponse:
    """Let others' pages show it, such as link previews and the results of a search."""
    response.headers["Cache-Control"] = caching
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "all"
    return response
