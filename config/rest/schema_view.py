"""``/api/schema``."""

import functools
import threading

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_writing = threading.Lock()  # Whoever comes meanwhile gets the same.


class SchemaView(SpectacularAPIView):
    """
    The OpenAPI document, as YAML or JSON. To write it takes half a second, so a process does that once.

    It is the same for everybody, in one of ``LANGUAGES``.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        renderer: BaseRenderer = request.accepted_renderer
        language = translation.get_language() or settings.LANGUAGE_CODE
        with _writing:
            document = _write(renderer.__class__, language)  # type: ignore[arg-type]
        return HttpResponse(
            document,
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="Admit.{renderer.format}"'},
        )


@functools.cache
def _write(renderer: type[BaseRenderer], language: str) -> bytes:
    """Return the document; there is one for each format and language, whatever is asked for."""
    with translation.override(language):
        written = renderer().render(SchemaGenerator().get_schema(public=True))
    return written.encode() if isinstance(written, str) else written
