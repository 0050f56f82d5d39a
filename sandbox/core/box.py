"""The sandbox as its rooms see it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sandbox.core.clock import Clock
from sandbox.core.settings import Settings
from sandbox.core.store import Obj, Store


@dataclass(frozen=True)
class Origin:
    """The API request that causes events; both are None for what happens on a page or by time."""

    id: str | None = None
    idempotency_key: str | None = None


class Box(Protocol):
    """
    Settings, state and time of one sandbox, handed to every route, timer and listener.

    Everything runs on one event loop, so nothing is locked. ``sandbox.box`` has the real one.
    """

    settings: Settings
    store: Store
    clock: Clock
    origin: Origin
    closing: asyncio.Event  # set when the process is about to stop

    def wake(self) -> None:
        """Have the delivery worker look at what is due."""

    def find(self, kind: str, wanted: str, *, param: str, in_path: bool = False) -> Obj:
        """Return an object by its id, or raise the ``StripeError`` for a request that names no such one."""
        ...


@contextmanager
def caused_by(box: Box, origin: Origin) -> Iterator[None]:
    """Name ``origin`` as the cause of the events that the block writes."""
    before, box.origin = box.origin, origin
    try:
        yield
    finally:
        box.origin = before
