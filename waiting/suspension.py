"""
Let synchronous code await something in the event loop while its thread serves other requests.

``waiting.bridge`` runs each request in a greenlet, and a greenlet can be left in the middle of any function
and continued there later.
"""

import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connections
from greenlet import getcurrent, greenlet

T = TypeVar("T")


class NotSuspendable(RuntimeError):
    """The caller runs in no request that ``waiting.bridge`` has begun."""


class OpenTransaction(RuntimeError):
    """The caller has a transaction open, and perhaps locks, which nobody may hold while waiting."""


class RequestGreenlet(greenlet):
    """The greenlet that a request runs in. It belongs to the thread in which it was begun."""


@dataclass(frozen=True)
class Suspension:
    """What a request gives to its thread as it leaves it: continue ``request`` with the finished task."""

    request: RequestGreenlet
    start: Callable[[], Awaitable[Any]]
    context: contextvars.Context


def is_suspendable() -> bool:
    """Return whether ``wait_for`` can be called: not in commands, the worker or under plain WSGI."""
    return isinstance(getcurrent(), RequestGreenlet)


def wait_for(start: Callable[[], Awaitable[T]]) -> T:
    """
    Call ``start`` in the event loop, await what it returns, and return or raise the result.

    Meanwhile the request has no thread and no database connection: the thread serves other requests, and the
    next query takes a connection again. Nothing ends the wait early, not even if the client leaves, so
    ``start`` must have a time limit. Locks of ``threading`` must not be held: others in the thread may want
    them.

    Raise ``OpenTransaction`` if a transaction is open and ``NotSuspendable`` unless ``is_suspendable()``.
    """
    request = getcurrent()
    if not isinstance(request, RequestGreenlet):
        raise NotSuspendable
    _return_connections()
    task = request.parent.switch(Suspension(request, start, contextvars.copy_context()))
    return task.result()


_closing: list[Callable[[], Awaitable[None]]] = []


def close_at_shutdown(close: Callable[[], Awaitable[None]]) -> None:
    """Let ``close()`` be awaited in the event loop after the server's last request."""
    _closing.append(close)


async def close_all() -> None:
    """Await what ``close_at_shutdown`` was told."""
    while _closing:
        await _closing.pop()()


def _return_connections() -> None:
    """
    Give the thread's database connections back to the pool.

    Requests of one thread share Django's connection objects, but never an open connection: each request that
    leaves the thread, for a while or for good, has closed its own.
    """
    opened = connections.all(initialized_only=True)
    for connection in opened:
        if connection.in_atomic_block or (connection.connection and not connection.autocommit):
            raise OpenTransaction
    for connection in opened:
        connection.close()
