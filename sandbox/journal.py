"""The last API requests and their replies, so that tests can hold both against Stripe's schema."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 5_000


@dataclass
class Entry:
    id: str
    at: float
    method: str
    url: str  # path and query
    body: str
    headers: dict[str, str]
    status: int | None = None  # None: the caller got no reply
    response: Any = None
    fault: str | None = None


class Journal:
    """The newest ``KEPT`` entries, in memory: a restart forgets them."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)

    def clear(self) -> None:
        self.entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries]
