"""Answer what no view is asked about."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    # What else the client sends on this connection can't be trusted to begin where it should.
    (b"connection", b"close"),
]


async def refuse(send: Send, status: int, code: str, message: str, *, retry_after: int = 0) -> None:
    """Answer with an error in the form of the JSON API, and close the connection."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = [*HEADERS, (b"content-length", str(len(body)).encode())]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
