"""What every handler is given: the sandbox's settings, state and time."""

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
    """The API request that causes events. Both are None for events that a page or a timer causes."""

    id: str | None = None
    idempotency_key: str | None = None


class Box(Protocol):
    """
    Settings, state and time of one sandbox, passed to every route, timer and listener.

    Everything runs on one event loop, so nothing is locked. ``sandbox.box`` implements it.
    """

    settings: Settings
    store: Store
    clock: Clock
    origin: Origin
    closing: asyncio.Event  # set when the process is about to stop

    def wake(self) -> None:
        """Make the delivery worker check what is due."""

    def find(self, kind: str, wanted: str, *, param: str, in_path: bool = False) -> Obj:
        """Return the object; raise Stripe's error for an id that is unknown, deleted or of another kind."""
        ...


@contextmanager
def caused_by(box: Box, origin: Origin) -> Iterator[None]:
    """Record ``origin`` in the events that the block emits."""
    before, box.origin = box.origin, origin
    try:
        yield
    finally:
        box.origin = before
