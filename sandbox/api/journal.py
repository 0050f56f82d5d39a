"""The latest API requests and replies, for tests that check them against Stripe's schema."""

import json
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sandbox.core.box import Box
from sandbox.core.store import Snapshot

MOST_ENTRIES = 5_000
MOST_CHARACTERS = 32_000_000


@dataclass
class Entry:
    id: str
    at: float
    method: str
    url: str  # path and query
    body: str
    headers: dict[str, str]
    status: int | None = None  # None: the caller got no reply
    text: str = ""  # the reply
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        text = shown.pop("text")
        return {**shown, "response": json.loads(text) if text else None}


class Journal:
    """The newest entries, in memory only; the oldest are dropped beyond a size."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.characters = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.characters += len(entry.body)

    def answer(self, entry: Entry, status: int, text: str) -> None:
        """Add the reply to an entry, and drop the oldest entries if there are too many."""
        entry.status, entry.text = status, text
        self.characters += len(text)
        while len(self.entries) > MOST_ENTRIES or self.characters > MOST_CHARACTERS:
            oldest = self.entries.popleft()
            self.characters -= len(oldest.body) + len(oldest.text)

    def clear(self) -> None:
        self.entries.clear()
        self.characters = 0

    def as_json(self) -> list[dict[str, Any]]:
        return [entry.as_json() for entry in self.entries]


class ApiBox(Box, Protocol):
    """The box that the API needs: it has the journal, and a snapshot of the store if one was taken."""

    journal: Journal
    snapshot: Snapshot | None
