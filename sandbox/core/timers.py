"""Timers: functions to call at a later moment of the sandbox's time."""

import logging
import sqlite3

from sandbox.core import registry
from sandbox.core.box import Box

LONGEST_JUMP = 10 * 366 * 24 * 3_600  # seconds

log = logging.getLogger("sandbox")


def schedule(box: Box, kind: str, subject: str, *, at: float) -> None:
    """Call the timer ``kind`` with ``subject`` (an id) once the sandbox's time is ``at``."""
    box.store.execute("INSERT INTO timer (due, kind, subject) VALUES (?, ?, ?)", (at, kind, subject))
    box.wake()


def unschedule(box: Box, kind: str, subject: str) -> None:
    box.store.execute("DELETE FROM timer WHERE kind = ? AND subject = ?", (kind, subject))


def fire_due(box: Box) -> None:
    """Call every timer that is due, oldest first, each in a transaction of its own."""
    while True:
        row = box.store.execute("SELECT * FROM timer ORDER BY due, id LIMIT 1").fetchone()
        if row is None or row["due"] > box.clock.exact():
            return
        fire(box, row)


def fire(box: Box, row: sqlite3.Row) -> None:
    """Call one timer and delete it. A failure is logged and not retried, so that the other timers go on."""
    done = ("DELETE FROM timer WHERE id = ?", (row["id"],))
    try:
        with box.store.transaction():
            box.store.execute(*done)
            registry.TIMERS[row["kind"]](box, row["subject"])
    except Exception:
        log.exception("Timer %s of %s failed", row["kind"], row["subject"])
        box.store.execute(*done)


def advance(box: Box, seconds: float) -> None:
    """Move the sandbox's time forward and fire each timer on the way at its own time."""
    target = box.clock.exact() + seconds
    while True:
        row = box.store.execute("SELECT due FROM timer ORDER BY due LIMIT 1").fetchone()
        if row is None or row["due"] > target:
            break
        box.clock.move_to(row["due"])
        with box.clock.frozen_at(max(row["due"], box.clock.exact())):
            fire_due(box)
    box.clock.move_to(target)
    box.wake()
