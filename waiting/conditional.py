"""Answers that say whether anything has changed, and what to wait for."""

import hashlib
from typing import Any

from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

# Between the view and the waiting layer; they never reach the browser.
TOPIC_HEADER = "X-Topic"
SHARED_TOPIC_HEADER = "X-Shared-Topic"


def etag(data: Any) -> str:
    """Return the entity tag of ``data``, something that JSON can express."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def conditional(
    request: Request, data: Any, *, topic: str, tag: str = "", is_shared: bool = False
) -> Response:
    """
    Answer ``data`` with an ``ETag``, or 304 without a body if the caller has that version already.

    ``topic`` names the resource for ``publish``, and ``tag`` its version, where that is more than ``data``.
    ``is_shared`` is for what crowds look at: all who ask the same, with the same version, may get this very
    answer, whoever they are, and are woken a few times a second at most. Nothing is cached anywhere: the
    answer says no-store.
    """
    tag = tag or etag(data)
    response = Response(status=304) if _is_known(request, tag) else Response(data)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "no-store"
    if "asgi.scope" in request.META:  # Under plain WSGI nobody would take it off again.
        response.headers[SHARED_TOPIC_HEADER if is_shared else TOPIC_HEADER] = topic
    patch_vary_headers(response, ["Prefer"])
    return response


def _is_known(request: Request, tag: str) -> bool:
    """Whether the caller says that it has this version. Only reading can be answered with nothing new."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    same = "*" in known or tag in [other.removeprefix("W/") for other in known]
    return same and request.method in ("GET", "HEAD")
