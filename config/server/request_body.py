"""Read request bodies in the event loop, so that slow clients don't occupy threads."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from config.server.refusing import refuse

READ_WITHIN = 10  # s
# What anybody may send, whether JSON or a form: whoever parses it pays for it.
LARGEST = 65_536  # bytes
# By the beginning of the path. A seat plan is typed in the admin. Stripe states no limit for its events, so
# Django's own counts (DATA_UPLOAD_MAX_MEMORY_SIZE); they are parsed only if Stripe has signed them.
LARGER = {"/admin/": 262_144, "/api/webhook/": 2_621_440}  # bytes
# Where staff upload pictures. Nobody is known yet when a body is read, so there are few of these at once.
UPLOADING = ("/admin/bookings/event/", "/admin/branding/shop/")
LARGEST_UPLOAD = 16_777_216  # bytes
UPLOAD_WITHIN = 60  # s
UPLOADS_AT_ONCE = 4  # of a process

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """The body is larger than its address takes."""


class ClientDisconnected(Exception):
    """The client disconnected before its body was complete."""


class RequestBodyMiddleware:
    """
    ASGI middleware that passes a request on once its body is complete, within ``READ_WITHIN`` seconds.

    Django would read the body in one of a few threads, and a client that sends it slowly or never would block
    that thread. The headers are also cleaned so that WSGI can't misread them. An upload of staff's may take
    ``UPLOAD_WITHIN``.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # WSGI doesn't distinguish X-Forwarded-For and X_Forwarded_For, but proxies only overwrite the first.
        headers = [header for header in scope["headers"] if b"_" not in header[0]]
        if not _has_body(headers):
            await self.app({**scope, "headers": headers}, receive, send)
        elif not _is_upload(scope["path"], headers):
            await self._with_body(scope, headers, receive, send, within=READ_WITHIN)
        elif self._uploads < UPLOADS_AT_ONCE:
            self._uploads += 1
            try:
                await self._with_body(scope, headers, receive, send, within=UPLOAD_WITHIN)
            finally:
                self._uploads -= 1
        else:
            await refuse(send, 503, "busy", "Others are uploading. Try again in a minute.")

    async def _with_body(
        self,
        scope: Scope,
        headers: list[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
        *,
        within: float,
    ) -> None:
        try:
            async with asyncio.timeout(within):
                body = await _read(receive, largest_body(scope["path"]), headers)
        except TooLarge:
            await refuse(send, 413, "too_large", "This request is too large.")
        except TimeoutError:
            await refuse(send, 408, "too_slow", "This request took too long to arrive.")
        except ClientDisconnected:
            return
        else:
            # A chunked body has no Content-Length, and WSGI would take it for empty.
            rest = [
                header for header in headers if header[0] not in (b"content-length", b"transfer-encoding")
            ]
            length = (b"content-length", str(len(body)).encode())
            await self.app({**scope, "headers": [*rest, length]}, _replay(body, receive), send)


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _is_upload(path: str, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether a body may be larger than what is typed: it is, or doesn't say how large it is."""
    said = next((int(value) for name, value in headers if name == b"content-length"), None)
    return path.startswith(UPLOADING) and (said is None or said > LARGER["/admin/"])


def largest_body(path: str) -> int:
    """Return how many bytes the body of a request to ``path`` may have."""
    if path.startswith(UPLOADING):
        return LARGEST_UPLOAD
    return next((size for start, size in LARGER.items() if path.startswith(start)), LARGEST)


async def _read(receive: Receive, most: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    if any(name == b"content-length" and int(value) > most for name, value in headers):
        raise TooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > most:
            raise TooLarge
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that first returns the whole body, then the client's next messages."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
