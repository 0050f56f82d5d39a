"""A request's ``environ`` for WSGI (PEP 3333), from its ASGI scope and body."""

import io
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

Environ = dict[str, Any]

UNPREFIXED = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def build_environ(scope: MutableMapping[str, Any], body: bytes) -> Environ:
    """Return the ``environ`` of a request, with its scope as ``asgi.scope``."""
    root, path = _as_latin_1(scope.get("root_path", "")), _as_latin_1(scope["path"])
    server, port = scope.get("server") or ("localhost", 80)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path.removeprefix(root),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "asgi.scope": scope,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    _add_headers(environ, scope["headers"])
    return environ


def _add_headers(environ: Environ, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Add ``headers``; those that are repeated become one, as RFC 9110 and, for cookies, RFC 9113 say."""
    for raw_name, raw_value in headers:
        name = UNPREFIXED.get(raw_name) or "HTTP_" + raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value


def _as_latin_1(text: str) -> str:
    """Return ``text`` as WSGI wants it: a character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode().decode("latin-1")
