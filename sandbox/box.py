"""The box of a running process."""

import asyncio
from dataclasses import dataclass, field

from sandbox.api.journal import ApiBox, Journal
from sandbox.core.box import Origin
from sandbox.core.clock import Clock
from sandbox.core.errors import missing_object
from sandbox.core.settings import Settings
from sandbox.core.store import Obj, Snapshot, Store
from sandbox.webhooks.deliveries import DeliveryBox


@dataclass
class RunningBox(ApiBox, DeliveryBox):
    settings: Settings
    store: Store
    clock: Clock
    origin: Origin = field(default_factory=Origin)
    journal: Journal = field(default_factory=Journal)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Condition = field(default_factory=asyncio.Condition)
    sending: set[int] = field(default_factory=set)
    snapshot: Snapshot | None = None

    def wake(self) -> None:
        self.woken.set()

    def find(self, kind: str, wanted: str, *, param: str, in_path: bool = False) -> Obj:
        found = self.store.find(wanted, kind)
        if found is None or self.store.private(wanted).get("is_deleted"):
            raise missing_object(kind, wanted, param=param, in_path=in_path)
        return found


def open_box(settings: Settings) -> RunningBox:
    """Open the state file and return the sandbox it describes."""
    store = Store(settings.state)
    return RunningBox(settings, store, Clock(store))
