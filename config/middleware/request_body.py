"""Reading requests before a thread takes them, so that a slow client costs no thread."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

READ_WITHIN = 10  # s
# Beyond what Django takes (DATA_UPLOAD_MAX_MEMORY_SIZE), which it refuses in the words of its view.
LARGEST = 4_000_000  # bytes

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """The body is larger than anything this project asks for."""


class Gone(Exception):
    """The client went away before its body was complete."""


class WholeRequests:
    """
    Hands a request on once its body is complete, and with headers that mean what WSGI thinks they mean.

    Django reads a body in a thread of a small pool, and waits there for a client that sends it slowly or
    never. Here it is waited for without a thread, and not for long.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # WSGI has one name for X-Forwarded-For and X_Forwarded_For; a proxy writes only the first.
        headers = [header for header in scope["headers"] if b"_" not in header[0]]
        if _has_body(headers):
            await self._with_body(scope, headers, receive, send)
        else:
            await self.app({**scope, "headers": headers}, receive, send)

    async def _with_body(
        self, scope: Scope, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send
    ) -> None:
        try:
            async with asyncio.timeout(READ_WITHIN):
                body = await _read(receive)
        except TooLarge:
            await _refuse(send, 413, "too_large", "This request is too large.")
        except TimeoutError:
            await _refuse(send, 408, "too_slow", "This request took too long to arrive.")
        except Gone:
            return
        else:
            # A body that came in chunks has no length of its own, and WSGI would take it for empty.
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


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise TooLarge
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that tells the whole body first, then what the client does next."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
