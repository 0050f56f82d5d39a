"""The running sandbox, handed to every handler."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.api.faults import Faults
from sandbox.api.journal import Journal
from sandbox.core.clock import Clock
from sandbox.core.errors import missing_object
from sandbox.core.settings import Settings
from sandbox.core.store import Obj, Store
from sandbox.webhooks.webhook_switches import Switches


@dataclass(frozen=True)
class Origin:
    """The API request that causes events; both are None for what happens on the page or by time."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Box:
    """Settings, state and time of one sandbox. Everything runs on one event loop, so nothing is locked."""

    settings: Settings
    store: Store
    clock: Clock
    faults: Faults
    switches: Switches
    journal: Journal = field(default_factory=Journal)
    origin: Origin = field(default_factory=Origin)
    in_flight: set[str] = field(default_factory=set)  # idempotency keys
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Condition = field(default_factory=asyncio.Condition)
    sending: set[int] = field(default_factory=set)  # delivery ids on the wire

    def wake(self) -> None:
        """Have the scheduler look at what is due."""
        self.woken.set()

    @contextmanager
    def caused_by(self, origin: Origin) -> Iterator[None]:
        before, self.origin = self.origin, origin
        try:
            yield
        finally:
            self.origin = before

    def find(self, kind: str, wanted: str, *, param: str, in_path: bool = False) -> Obj:
        """Return the object, or refuse the request that named it."""
        found = self.store.find(wanted, kind)
        if found is None or self.store.private(wanted).get("is_deleted"):
            raise missing_object(kind, wanted, param=param, in_path=in_path)
        return found


def open_box(settings: Settings) -> Box:
    """Open the state file and return the sandbox it describes."""
    store = Store(settings.state)
    return Box(settings, store, Clock(store), Faults(store), Switches(store))
