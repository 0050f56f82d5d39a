"""
Answer those who watch this process, whatever keeps its threads busy.

``/healthz`` is answered in the event loop: it says that this turns. ``/readyz`` and ``/metrics`` ask the
database, in threads that nobody else has.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

HEALTH = "/healthz"
WATCHED = ("/readyz", "/metrics")
ANSWER_WITHIN = 8  # s; Prometheus waits for 10

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class MonitoringLayer:
    """ASGI middleware that passes on what is for watchers to ``watched``, all else to ``app``."""

    def __init__(self, app: App, *, watched: App) -> None:
        self.app = app
        self.watched = watched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == HEALTH:
            await _answer(send, 200, b"text/plain", b"ok")
        elif path in WATCHED:
            await self._answer_in_time(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self.watched(scope, receive, keep)
        except TimeoutError:
            body = json.dumps({"ready": False, "database": "slow"}).encode()
            await _answer(send, 503, b"application/json", body)
        else:
            for message in answer:
                await send(message)


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
