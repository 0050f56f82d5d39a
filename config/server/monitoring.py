"""
Answer those who watch this process, whatever keeps its threads busy.

``/healthz`` is answered in the event loop: it says that this turns. ``/readyz`` and ``/metrics`` ask the
database, in threads that nobody else has: strangers who ask, through a proxy or from elsewhere, wait with all
others, or they could keep the load balancer from its answer.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from config.middleware.proxies import SIGNS, is_within

HEALTH = "/healthz"
WATCHED = ("/readyz", "/metrics")
ANSWER_WITHIN = 8  # s; Prometheus waits for 10
FORWARDED = {sign.removeprefix("HTTP_").replace("_", "-").lower().encode() for sign in SIGNS}

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
        elif path in WATCHED and _is_of_watcher(scope):
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


def _is_of_watcher(scope: Scope) -> bool:
    """Return whether it comes straight from one of ``MONITORING_NETWORKS``."""
    is_known = is_within(settings.MONITORING_NETWORKS, (scope.get("client") or ("",))[0])
    return is_known and not any(name in FORWARDED for name, _value in scope["headers"])


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
