"""Requests to an ASGI application, as a server makes them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from waiting.layer import App, Message

Headers = Sequence[tuple[bytes, bytes]]
GONE: Message = {"type": "http.disconnect"}


def scope_of(method: str, path: str, headers: Headers = (), **others: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 4000),
        "server": ("127.0.0.1", 8000),
        **others,
    }


class Call:
    """A request to ``application`` and its answer. While ``gate`` is closed, the client takes nothing."""

    def __init__(
        self,
        application: App,
        path: str = "/",
        *,
        method: str = "GET",
        body: Sequence[bytes] = (b"",),
        **scope: Any,
    ) -> None:
        self.sent: list[Message] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.received: asyncio.Queue[Message] = asyncio.Queue()
        for number, part in enumerate(body, start=1):
            message = {"type": "http.request", "body": part, "more_body": number < len(body)}
            self.received.put_nowait(message)
        scope = scope_of(method, path, **scope)
        self.task = asyncio.ensure_future(application(scope, self.received.get, self._send))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        await self.gate.wait()

    async def answer(self) -> tuple[int, bytes]:
        """Wait for the end of the response; return its status and body."""
        await self.task
        start, *bodies = self.sent
        assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
        return start["status"], b"".join(message["body"] for message in bodies)
