"""
Run a WSGI application under an ASGI server, in a fixed number of threads.

The event loop's thread alone decides which thread does what, so nothing here needs a lock. A request changes
threads twice: it goes to a thread of the pool with its whole body, and its whole answer comes back. In its
thread it runs in a greenlet, so that it can be suspended: see ``waiting.suspension``.
"""

import asyncio
import contextvars
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from operator import attrgetter
from queue import SimpleQueue
from typing import Any
from weakref import WeakSet

from prometheus_client import Gauge

from waiting.environ import Environ, build_environ
from waiting.lanes import Lanes
from waiting.suspension import RequestGreenlet, Suspension

logger = logging.getLogger(__name__)

SUSPENDED = Gauge("admit_suspended_requests", "Requests that wait without a thread.")
QUEUED = Gauge("admit_queued_requests", "Requests waiting for a thread.")

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
StartResponse = Callable[..., Callable[[bytes], None]]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class IncompleteResponse(Exception):
    """The application failed in the middle of its response, so the server must cut the connection."""


class Exchange:
    """A request and its response."""

    def __init__(self, app: WsgiApp, environ: Environ, send: Send) -> None:
        self.loop = asyncio.get_running_loop()
        self.messages: asyncio.Future[Iterable[Message]] = self.loop.create_future()
        self.context = contextvars.copy_context()
        self._app = app
        self._environ = environ
        self._send = send
        self._head: Message  # from start_response: an application that doesn't call it gets an error
        self._has_begun = False

    def run(self) -> Iterable[Message] | IncompleteResponse:
        """Call the application; return the messages of its response that are still to be sent."""
        try:
            response = self._app(self._environ, self._start_response)
            try:
                return self._whole(response) if _is_whole(response) else self._stream(response)
            finally:
                if hasattr(response, "close"):
                    response.close()
        except BaseException as error:  # Whatever it is, the thread must go on.
            if self._has_begun:
                incomplete = IncompleteResponse()
                incomplete.__cause__ = error
                return incomplete
            logger.exception("%s %s failed", self._environ["REQUEST_METHOD"], self._environ["PATH_INFO"])
            return _internal_error()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._has_begun:
            raise exc_info[1]
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": encoded}
        return self._write

    def _whole(self, response: Iterable[bytes]) -> Iterable[Message]:
        return self._rest(b"".join(response))

    def _stream(self, response: Iterable[bytes]) -> Iterable[Message]:
        for chunk in response:
            if chunk:
                self._write(chunk)
        return self._rest(b"")

    def _rest(self, body: bytes) -> Iterable[Message]:
        last = {"type": "http.response.body", "body": body}
        return (last,) if self._has_begun else (self._head, last)

    def _write(self, chunk: bytes) -> None:
        """Send ``chunk`` now; return when the server has taken it, so that a slow client slows its stream."""
        if not self._has_begun:
            self._has_begun = True
            self._send_now(self._head)
        self._send_now({"type": "http.response.body", "body": chunk, "more_body": True})

    def _send_now(self, message: Message) -> None:
        async def send() -> None:
            await self._send(message)

        asyncio.run_coroutine_threadsafe(send(), self.loop).result()


Result = Iterable[Message] | IncompleteResponse | Suspension
Step = tuple[Exchange, Callable[[], Result]]


class Worker:
    """
    A thread of the pool, which does one step after the other: a request up to its end or its suspension.

    Apart from ``steps``, which brings them into the thread, only the event loop's thread uses it.
    """

    def __init__(self, on_left: Callable[["Worker", Exchange, Result], None]) -> None:
        self.steps: SimpleQueue[Step] = SimpleQueue()
        self.continuations: deque[Step] = deque()  # of its suspended requests, once they can go on
        self.suspended = 0
        self._on_left = on_left
        threading.Thread(target=self._run, name="bridge", daemon=True).start()

    def _run(self) -> None:
        while True:
            exchange, step = self.steps.get()
            exchange.loop.call_soon_threadsafe(self._on_left, self, exchange, step())
            del exchange, step  # Nothing of a request stays while the thread has nothing to do.


class Bridge:
    """
    An ASGI application that calls the WSGI application ``app`` in at most ``threads`` threads.

    Requests get a thread in the order in which they came, but suspended ones that can go on come first, and
    those for which ``is_of_crowd`` is true have ``crowd_threads`` at most, and one at least.
    Only whole bodies are passed on. Responses are returned whole, unless the application streams them.
    """

    def __init__(
        self,
        app: WsgiApp,
        *,
        threads: int,
        is_of_crowd: Callable[[Scope], bool] = lambda scope: False,
        crowd_threads: int = 1,
    ) -> None:
        self.app = app
        self.threads = threads
        self.is_of_crowd = is_of_crowd
        self._workers: list[Worker] = []
        self._idle: list[Worker] = []
        self._queue = Lanes[Exchange](crowd_threads=crowd_threads)
        self._suspended: set[asyncio.Task[Any]] = set()
        _bridges.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"The application doesn't speak {scope['type']}.")
        body = await _read_body(receive)
        if body is None:
            return
        exchange = Exchange(self.app, build_environ(scope, body), send)
        self._queue.add(exchange, is_of_crowd=self.is_of_crowd(scope))
        self._start_next()
        for message in await exchange.messages:
            await send(message)

    def _start_next(self) -> None:
        """Give the oldest queued request to a thread, if one is free."""
        if not self._idle and len(self._workers) < self.threads:
            self._workers.append(Worker(self._on_left))
            self._idle.append(self._workers[-1])
        if not self._idle:
            return
        # Those with the fewest suspended requests first, which can only go on there; of these, the one that
        # was used last, so that a quiet process uses few threads and database connections.
        worker = min(reversed(self._idle), key=attrgetter("suspended"))
        self._idle.remove(worker)
        self._occupy(worker)

    def _occupy(self, worker: Worker) -> None:
        """Let ``worker``, which is free, do what is next."""
        if worker.continuations:
            worker.steps.put(worker.continuations.popleft())
            return
        while exchange := self._queue.take():
            if not exchange.messages.cancelled():
                worker.steps.put((exchange, partial(_begin, exchange)))
                return
            self._queue.leave(exchange)  # The server has given it up.
        self._idle.append(worker)

    def _on_left(self, worker: Worker, exchange: Exchange, result: Result) -> None:
        """Go on after a request has left its thread: finished or suspended."""
        self._queue.leave(exchange)
        if isinstance(result, Suspension):
            self._suspend(worker, exchange, result)
        elif exchange.messages.cancelled():
            pass
        elif isinstance(result, IncompleteResponse):
            exchange.messages.set_exception(result)
        else:
            exchange.messages.set_result(result)
        self._occupy(worker)

    def _suspend(self, worker: Worker, exchange: Exchange, suspension: Suspension) -> None:
        async def await_result() -> Any:
            return await suspension.start()

        def resume(task: asyncio.Task[Any]) -> None:
            self._suspended.remove(task)
            worker.suspended -= 1
            worker.continuations.append((exchange, partial(suspension.request.switch, task)))
            if worker in self._idle:
                self._idle.remove(worker)
                self._occupy(worker)

        worker.suspended += 1
        task = exchange.loop.create_task(await_result(), context=suspension.context)
        self._suspended.add(task)
        task.add_done_callback(resume)


_bridges: WeakSet[Bridge] = WeakSet()  # of this process, which are counted together
QUEUED.set_function(lambda: sum(len(bridge._queue) for bridge in _bridges))
SUSPENDED.set_function(lambda: sum(len(bridge._suspended) for bridge in _bridges))


def _begin(exchange: Exchange) -> Result:
    """Run ``exchange`` in this thread until it is finished or suspended."""
    request = RequestGreenlet(exchange.run)
    request.gr_context = exchange.context
    return request.switch()


def _internal_error() -> Iterable[Message]:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    return (
        {"type": "http.response.start", "status": 500, "headers": headers},
        {"type": "http.response.body", "body": b""},
    )


def _is_whole(response: Iterable[bytes]) -> bool:
    """Return whether ``response`` is in memory already: a list, or one of Django's that don't stream."""
    return isinstance(response, list | tuple) or getattr(response, "streaming", True) is False


async def _read_body(receive: Receive) -> bytes | None:
    """Return the request's body, or None if the client has disconnected before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
