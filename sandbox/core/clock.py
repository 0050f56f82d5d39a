"""The sandbox's time, which can be moved forward, and what is due at a later moment."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.core import registry

if TYPE_CHECKING:
    import sqlite3

    from sandbox.box import Box
    from sandbox.core.store import Store

LONGEST_JUMP = 10 * 366 * 24 * 3_600  # seconds

log = logging.getLogger("sandbox")


class Clock:
    """
    Real time plus an offset that survives a restart.

    Signatures don't use it: their receivers compare them with the real time.
    """

    def __init__(self, store: "Store") -> None:
        self.store = store
        self.offset = float(store.setting("clock.offset", 0))
        self.held: float | None = None

    def exact(self) -> float:
        """Return the sandbox's time in seconds since 1970."""
        return time.time() + self.offset if self.held is None else self.held

    def now(self) -> int:
        """Return the sandbox's time in whole seconds, as Stripe's objects carry it."""
        return int(self.exact())

    def move_to(self, moment: float) -> None:
        """Move forward to ``moment``; never back."""
        self.set_offset(max(self.offset, moment - time.time()))

    @contextmanager
    def standing_at(self, moment: float) -> Iterator[None]:
        """Have the time stand still at a moment, however long the block takes."""
        self.held = moment
        try:
            yield
        finally:
            self.held = None

    def set_offset(self, offset: float) -> None:
        self.offset = offset
        self.store.set("clock.offset", offset)


def schedule(box: "Box", kind: str, subject: str, *, at: float) -> None:
    """Have the timer ``kind`` called with ``subject`` once the sandbox's time is ``at``."""
    box.store.execute("INSERT INTO timer (due, kind, subject) VALUES (?, ?, ?)", (at, kind, subject))
    box.wake()


def unschedule(box: "Box", kind: str, subject: str) -> None:
    box.store.execute("DELETE FROM timer WHERE kind = ? AND subject = ?", (kind, subject))


def fire_due(box: "Box") -> None:
    """Call every timer that is due, oldest first, each in a transaction of its own."""
    while True:
        row = box.store.execute("SELECT * FROM timer ORDER BY due, id LIMIT 1").fetchone()
        if row is None or row["due"] > box.clock.exact():
            return
        fire(box, row)


def fire(box: "Box", row: "sqlite3.Row") -> None:
    """Call one timer, once: one that fails is logged and gone, and time goes on for the others."""
    done = ("DELETE FROM timer WHERE id = ?", (row["id"],))
    try:
        with box.store.transaction():
            box.store.execute(*done)
            registry.TIMERS[row["kind"]](box, row["subject"])
    except Exception:
        log.exception("Timer %s of %s failed", row["kind"], row["subject"])
        box.store.execute(*done)


def advance(box: "Box", seconds: float) -> None:
    """Move the sandbox's time forward, stopping at each timer on the way so that each sees its own time."""
    target = box.clock.exact() + seconds
    while True:
        row = box.store.execute("SELECT due FROM timer ORDER BY due LIMIT 1").fetchone()
        if row is None or row["due"] > target:
            break
        box.clock.move_to(row["due"])
        with box.clock.standing_at(max(row["due"], box.clock.exact())):
            fire_due(box)
    box.clock.move_to(target)
    box.wake()
