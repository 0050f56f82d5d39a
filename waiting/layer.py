"""
The ASGI layer in front of Django that lets a browser wait for a change.

A request with ``Prefer: wait=25`` (RFC 7240) whose answer would be 304 is held, until its topic is
published or its time is up, and then asked again.
"""

import asyncio
import re
import resource
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from prometheus_client import Gauge

from waiting.conditional import SHARED_TOPIC_HEADER, TOPIC_HEADER
from waiting.hub import Hub
from waiting.listener import listen
from waiting.sharing import Answer, Message, Question, Sharing, question_of

MAX_WAIT = 30  # s
MAX_HELD = 15_000  # requests; each takes an open file
FILES_FOR_THE_REST = 200
TOPIC = TOPIC_HEADER.lower().encode()
SHARED_TOPIC = SHARED_TOPIC_HEADER.lower().encode()
WAIT = re.compile(rb"\s*wait\s*=\s*(\"?)(\d{1,99})\1\s*", re.IGNORECASE)
HELD = Gauge("admit_held_requests", "Requests that wait for a change in this process.")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class WaitingLayer:
    """Wraps an ASGI application; the one hub and the one listener of a process belong to it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.hub = Hub()
        self.sharing = Sharing(self.hub)
        self._listener: asyncio.Task[None] | None = None
        HELD.set_function(lambda: self.hub.count)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self._start_listening()  # A server without lifespan events hasn't made it start.
        wait = seconds_to_wait(scope)
        if wait:
            await self._answer_changed(scope, receive, send, wait)
        else:
            await self.app(scope, receive, _Answer(send))

    async def _answer_changed(self, scope: Scope, receive: Receive, send: Send, wait: int) -> None:
        """Answer once there is something new to tell, or with 304 after ``wait`` seconds."""
        deadline = asyncio.get_running_loop().time() + wait
        question = question_of(scope)
        await _read_body(receive)
        while True:
            answer = await self.sharing.find(question)
            may_hold = self._may_hold(deadline)
            if answer is None:
                answer = await self._ask(scope, send, question, may_hold)
            if not (may_hold and answer.topic and answer.is_unchanged):
                for message in answer.messages:
                    await send(dict(message))
                return
            if not await self.hub.wait(answer.topic, since=answer.since, deadline=deadline, receive=receive):
                return

    def _may_hold(self, deadline: float) -> bool:
        is_time_left = asyncio.get_running_loop().time() < deadline
        return is_time_left and not self.hub.is_closed and self.hub.count < self.hub.capacity

    async def _ask(self, scope: Scope, send: Send, question: Question, may_hold: bool) -> Answer:
        """Ask the view. Its answer goes to the client, unless it is unchanged and may be held, or shared."""
        async with self.sharing.asking(question) as answer:
            await self.app(scope, _no_body, _Answer(send, answer, hold_unchanged=may_hold))
        return answer

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start with the server and end with it."""
        await receive()
        self.hub.capacity = room_for_held_requests()
        self._start_listening()
        self._close_on_signals()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.close()
        if self._listener:
            self._listener.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    def _start_listening(self) -> None:
        if self._listener is None:
            self._listener = asyncio.get_running_loop().create_task(listen(self.hub))

    def _close_on_signals(self) -> None:
        """
        Answer everybody who waits as soon as the process is told to stop.

        The server's own shutdown comes too late: it sends ``lifespan.shutdown`` after the last answer.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            servers_own = signal.getsignal(number)

            def stop(number: int, frame: FrameType | None, servers_own: Any = servers_own) -> None:
                loop.call_soon_threadsafe(self.hub.close)
                if callable(servers_own):
                    servers_own(number, frame)
                elif servers_own == signal.SIG_DFL:
                    signal.signal(number, signal.SIG_DFL)
                    signal.raise_signal(number)

            signal.signal(number, stop)


class _Answer:
    """
    The way of an answer to the client, without the headers that name its topic.

    With ``answer``, the messages of one that may be shared are kept there instead, and with
    ``hold_unchanged``, a 304 that names a topic goes nowhere: only the topic is kept.
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
        """Decide where an answer about ``topic``, which begins with ``start``, goes."""
        if self._answer:
            sets_cookies = any(name.lower() == b"set-cookie" for name, _value in start["headers"])
            self._is_kept = is_shared and not sets_cookies
            self._is_dropped = self._hold_unchanged and start["status"] == 304
            self._answer.topic = topic
            self._answer.is_unchanged = start["status"] == 304


def room_for_held_requests() -> int:
    """Let the process open as many files as it may, and return how many requests can be held at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_HELD + FILES_FOR_THE_REST
    files = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(0, min(MAX_HELD, files - FILES_FOR_THE_REST))


def seconds_to_wait(scope: Scope) -> int:
    """Return for how long the request may be held: 0 unless it is a GET that prefers to wait."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return 0
    preferences = b",".join(value for name, value in scope["headers"] if name == b"prefer").split(b",")
    waits = [WAIT.fullmatch(preference.split(b";")[0]) for preference in preferences]
    return next((min(int(wait[2]), MAX_WAIT) for wait in waits if wait), 0)


async def _read_body(receive: Receive) -> None:
    """Read what a GET hardly ever has, so that the next message is that the client is gone."""
    while (await receive()).get("more_body"):
        pass


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
