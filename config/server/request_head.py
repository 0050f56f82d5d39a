"""Refuse requests whose address or headers are larger than anybody needs."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from config.server.refusing import refuse

# The longest addresses are those of lists in the admin, with their filters.
LONGEST_ADDRESS = 8_000  # bytes of path and query
LARGEST_HEADERS = 16_000  # bytes; the tag of a large seat map has 4,000
MOST_HEADERS = 100

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class RequestHeadMiddleware:
    """ASGI middleware that answers 414 or 431, before anything looks at the request."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_ADDRESS:
            await refuse(send, 414, "address_too_long", "This address is too long.")
        elif _is_too_large(scope["headers"]):
            await refuse(send, 431, "headers_too_large", "The headers of this request are too large.")
        else:
            await self.app(scope, receive, send)


def _is_too_large(headers: list[tuple[bytes, bytes]]) -> bool:
    size = sum(len(name) + len(value) for name, value in headers)
    return len(headers) > MOST_HEADERS or size > LARGEST_HEADERS
