"""The sandbox's state: one SQLite file, one connection, one synchronous transaction at a time."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
Snapshot = dict[str, list[tuple[Any, ...]]]

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    private TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS object_by_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_by_intent
    ON object (json_extract(body, '$.payment_intent'), kind)
    WHERE json_extract(body, '$.payment_intent') IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_by_charge
    ON object (json_extract(body, '$.charge'), kind)
    WHERE json_extract(body, '$.charge') IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_by_invoice
    ON object (json_extract(body, '$.invoice'), kind)
    WHERE json_extract(body, '$.invoice') IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_by_subject
    ON object (json_extract(body, '$.data.object.id')) WHERE kind = 'event';
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: a reset may overtake one on the wire
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'dropped')),
    attempts TEXT NOT NULL DEFAULT '[]',
    due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_by_event ON delivery (event);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS timer (
    id INTEGER PRIMARY KEY,
    due REAL NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS timer_due ON timer (due);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    reply TEXT NOT NULL,
    request TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency (created);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

TABLES = ("object", "delivery", "timer", "idempotency", "setting")


class Store:
    """
    The tables of the state file.

    An object is stored as the JSON that the API sends, unexpanded, with a private dictionary of what the API
    doesn't show, such as the card that paid or a session's line items.
    """

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=2000"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block's changes together, or none of them. The block must not await."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo the block's changes at its end: it tries something within a transaction."""
        self.connection.execute("SAVEPOINT tried")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK TO tried")
            self.connection.execute("RELEASE tried")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    def add(self, obj: Obj, **private: Any) -> Obj:
        created = obj["created"] if "created" in obj else obj["start"]  # which is what a discount has
        self.execute(
            "INSERT INTO object (id, kind, created, body, private) VALUES (?, ?, ?, ?, ?)",
            (obj["id"], obj["object"], created, json.dumps(obj), json.dumps(private)),
        )
        return obj

    def save(self, obj: Obj) -> None:
        self.execute("UPDATE object SET body = ? WHERE id = ?", (json.dumps(obj), obj["id"]))

    def find(self, wanted: str, kind: str | None = None) -> Obj | None:
        """Return the object with this id, or None; ``kind`` restricts it to that kind of object."""
        row = self.execute("SELECT kind, body FROM object WHERE id = ?", (wanted,)).fetchone()
        if row is None or kind not in (None, row["kind"]):
            return None
        found: Obj = json.loads(row["body"])
        return found

    def get(self, wanted: str) -> Obj:
        """Return the object with this id; raise ``LookupError`` if there is none."""
        found = self.find(wanted)
        if found is None:
            raise LookupError(wanted)
        return found

    def delete(self, wanted: str) -> None:
        self.execute("DELETE FROM object WHERE id = ?", (wanted,))

    def private(self, wanted: str) -> dict[str, Any]:
        row = self.execute("SELECT private FROM object WHERE id = ?", (wanted,)).fetchone()
        kept: dict[str, Any] = json.loads(row["private"]) if row else {}
        return kept

    def keep(self, wanted: str, **private: Any) -> None:
        """Update the private dictionary of an object."""
        kept = {**self.private(wanted), **private}
        self.execute("UPDATE object SET private = ? WHERE id = ?", (json.dumps(kept), wanted))

    def setting(self, name: str, default: Any = None) -> Any:
        row = self.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row["value"]) if row else default

    def set(self, name: str, value: Any) -> None:
        self.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def clear(self) -> None:
        for table in TABLES:
            self.execute(f"DELETE FROM {table}")

    def copy(self) -> Snapshot:
        """Return all rows of all tables."""
        return {table: [tuple(row) for row in self.rows(f"SELECT * FROM {table}")] for table in TABLES}

    def replace(self, snapshot: Snapshot) -> None:
        """Put the rows of a snapshot in the place of those there are."""
        self.clear()
        for table, rows in snapshot.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
