"""
The ASGI layer in front of Django that lets browsers wait for changes.

If a request says ``Prefer: wait=25`` (RFC 7240) and its answer would be 304, the layer holds it until its
topic is published or the time is up, and then calls the view again.
"""

import asyncio
import re
import resource
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from math import inf
from types import FrameType
from typing import Any

from prometheus_client import Gauge

from waiting.conditional import SHARED_TOPIC_HEADER, TOPIC_HEADER
from waiting.hub import Hub
from waiting.listener import listen
from waiting.sharing import Answer, Message, RequestKey, SharedAnswers, request_key
from waiting.suspension import close_all

MAX_WAIT = 30  # s
MAX_HELD = 15_000  # requests; each needs an open file
# Open files for everything else: customers in line for Stripe, connections to it, idle browsers, PostgreSQL.
OTHER_FILES = 5_000
TOPIC = TOPIC_HEADER.lower().encode()
SHARED_TOPIC = SHARED_TOPIC_HEADER.lower().encode()
PREFER_WAIT = re.compile(rb"\s*wait\s*=\s*(\"?)(\d{1,99})\1\s*", re.IGNORECASE)
HELD = Gauge("admit_held_requests", "Requests held until something changes.")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class WaitingLayer:
    """Wraps the ASGI application of a process, and owns its only hub and database listener."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.hub = Hub()
        self.shared = SharedAnswers(self.hub)
        self._listener: asyncio.Task[None] | None = None
        HELD.set_function(lambda: self.hub.count)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
            return
        self._start_listening()  # Needed under servers that don't send lifespan events.
        wait = seconds_to_wait(scope)
        if wait:
            await self._answer_when_changed(scope, receive, send, wait)
        else:
            await self.app(scope, receive, _AnswerFilter(send))

    async def _answer_when_changed(self, scope: Scope, receive: Receive, send: Send, wait: int) -> None:
        """Answer as soon as the resource has changed, or with 304 after ``wait`` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        held_at = -inf
        key = request_key(scope)
        await _read_body(receive)
        while True:
            # After each hold, only an answer counts that was read since: a publication may have been lost.
            answer = await self.shared.find(key, asked_after=held_at)
            may_hold = self._may_hold(deadline)
            if answer is None:
                answer = await self._call_view(scope, send, key, may_hold)
            if not (may_hold and answer.topic and answer.is_unchanged):
                for message in answer.messages:
                    await send(dict(message))
                return
            topic, since = answer.topic, answer.since
            del answer  # Nothing of it is kept while the request is held.
            held_at = loop.time()
            if not await self.hub.wait(topic, since=since, deadline=deadline, receive=receive):
                return

    def _may_hold(self, deadline: float) -> bool:
        is_time_left = asyncio.get_running_loop().time() < deadline
        return is_time_left and not self.hub.is_closed and self.hub.count < self.hub.capacity

    async def _call_view(self, scope: Scope, send: Send, key: RequestKey, may_hold: bool) -> Answer:
        """
        Call the view and send its answer to the client.

        Only return it if it can be shared, or if it is a 304 and the request may be held.
        """
        async with self.shared.answering(key) as answer:
            await self.app(scope, _no_body, _AnswerFilter(send, answer, hold_unchanged=may_hold))
        return answer

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        """Start listening when the server starts, and clean up when it shuts down."""
        await receive()
        self.hub.capacity = raise_file_limit()
        self._start_listening()
        self._close_on_signals()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.close()
        if self._listener:
            self._listener.cancel()
        await close_all()
        await send({"type": "lifespan.shutdown.complete"})

    def _start_listening(self) -> None:
        if self._listener is None:
            self._listener = asyncio.get_running_loop().create_task(listen(self.hub))

    def _close_on_signals(self) -> None:
        """
        Answer all held requests as soon as the process gets a signal to stop.

        Waiting for the server's ``lifespan.shutdown`` would be too late: it comes after the last answer. The
        handler that the server has installed is called afterwards.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            server_handler = signal.getsignal(number)

            def stop(number: int, frame: FrameType | None, server_handler: Any = server_handler) -> None:
                loop.call_soon_threadsafe(self.hub.close)
                if callable(server_handler):
                    server_handler(number, frame)
                elif server_handler == signal.SIG_DFL:
                    signal.signal(number, signal.SIG_DFL)
                    signal.raise_signal(number)

            signal.signal(number, stop)


class _AnswerFilter:
    """
    Wraps ``send``: pass an answer on to the client, without the headers that name its topic.

    With ``answer``, note the topic there. The messages of a shared answer are stored in it instead of sent.
    With ``hold_unchanged``, a 304 is dropped, because the request will be held.
    """

    def __init__(self, send: Send, answer: Answer | None = None, *, hold_unchanged: bool = False) -> None:
        self._send = send
        self._answer = answer
        self._hold_unchanged = hold_unchanged
        self._is_kept = False
        self._is_dropped = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"] = list(message.get("headers", ()))
            topics = [header for header in headers if header[0].lower() in (TOPIC, SHARED_TOPIC)]
            for header in topics:
                headers.remove(header)
                self._decide(
                    message, is_shared=header[0].lower() == SHARED_TOPIC, topic=header[1].decode("latin-1")
                )
        if self._is_kept and self._answer:
            self._answer.messages.append(message)
        elif not self._is_dropped:
            await self._send(message)

    def _decide(self, start: Message, *, is_shared: bool, topic: str) -> None:
        """Decide whether to send, store or drop the answer that begins with ``start``."""
        if self._answer:
            sets_cookies = any(name.lower() == b"set-cookie" for name, _value in start["headers"])
            self._is_kept = is_shared and not sets_cookies
            self._is_dropped = self._hold_unchanged and start["status"] == 304
            self._answer.topic = topic
            self._answer.is_unchanged = start["status"] == 304


def raise_file_limit() -> int:
    """Raise the process's limit of open files if needed, and return how many requests it can hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_HELD + OTHER_FILES
    files = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return min(MAX_HELD, files - min(OTHER_FILES, files // 2))


def seconds_to_wait(scope: Scope) -> int:
    """Return how many seconds the request asks to wait; 0 unless it is a GET with ``Prefer: wait``."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return 0
    preferences = b",".join(value for name, value in scope["headers"] if name == b"prefer").split(b",")
    waits = [PREFER_WAIT.fullmatch(preference.split(b";")[0]) for preference in preferences]
    return next((min(int(wait[2]), MAX_WAIT) for wait in waits if wait), 0)


async def _read_body(receive: Receive) -> None:
    """Read and ignore the body, so that the next message is the client's disconnect."""
    while (await receive()).get("more_body"):
        pass


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
