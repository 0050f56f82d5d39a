"""Alternatives to ``config.asgi`` for comparison."""

from collections.abc import Iterable
from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

from config.wsgi import application as wsgi
from waiting.bridge import Bridge
from waiting.layer import WaitingLayer


def _unchanged(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/metrics":
        return wsgi(environ, start_response)
    start_response("304 Not Modified", [("ETag", '"1"'), ("X-Topic", environ["QUERY_STRING"])])
    return []


django_asgi = WaitingLayer(get_asgi_application())  # type: ignore[arg-type]
a2wsgi = WaitingLayer(WSGIMiddleware(wsgi, workers=settings.WEB_THREADS))  # type: ignore[arg-type]
without_layer = Bridge(wsgi, threads=settings.WEB_THREADS)
# Every view answers 304 at almost no cost, so that only the cost of waiting is measured.
unchanging = WaitingLayer(Bridge(_unchanged, threads=settings.WEB_THREADS))
