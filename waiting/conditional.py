"""Conditional responses: 304 if nothing has changed, and the topic to wait for."""

import hashlib
from typing import Any

from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

# From the view to the waiting layer, which removes them.
TOPIC_HEADER = "X-Topic"
SHARED_TOPIC_HEADER = "X-Shared-Topic"


def etag(data: Any) -> str:
    """Return the ETag of ``data``, which must be serialisable as JSON."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def conditional(
    request: Request, data: Any, *, topic: str = "", tag: str = "", is_shared: bool = False
) -> Response:
    """
    Return a response with ``data`` and an ``ETag``, or 304 if the client has this version already.

    ``topic`` is the resource's name for ``publish``; without one, nobody can wait for a change. ``tag`` is
    its ETag, by default a hash of ``data``. Set ``is_shared`` for resources that look the same to whoever may
    ask for their address, whatever cookies they send: then identical waiting requests may get the same
    response. Browsers and proxies don't cache it (no-store).
    """
    tag = tag or etag(data)
    response = Response(status=304) if _is_known(request, tag) else Response(data)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "no-store"
    if topic and "asgi.scope" in request.META:  # Under plain WSGI there is no waiting layer to remove it.
        response.headers[SHARED_TOPIC_HEADER if is_shared else TOPIC_HEADER] = topic
    patch_vary_headers(response, ["Prefer"])
    return response


def _is_known(request: Request, tag: str) -> bool:
    """Return whether the client has this version already; only GET and HEAD can be answered with 304."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    same = "*" in known or tag in [other.removeprefix("W/") for other in known]
    return same and request.method in ("GET", "HEAD")
