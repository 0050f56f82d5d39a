"""What a shop may answer to anything at all."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

# The 5xx that are promised under /api/: Stripe is away, and an event that is kept and not applied yet.
# Pages say 503 with when to come back.
PROMISED = {(503, "stripe_unavailable"), (500, "not_applied")}
SHOWN = 20  # faults
EVERY = 5_000  # answers


@dataclass
class Answers:
    """Counts answers, and keeps those that were not promised."""

    is_shown: bool = False  # whether it tells on standard output how far it is
    counts: Counter[str] = field(default_factory=Counter)  # by status
    notes: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)  # one example of each kind

    def note(
        self, what: str, request: str, status: int, body: bytes, *, is_polite_page: bool = False
    ) -> None:
        """Note an answer to ``request``; ``what`` is the operation or the address that was asked."""
        self._count(str(status))
        is_promised = (status, code_of(body)) in PROMISED or (status == 503 and is_polite_page)
        if status >= 500 and not is_promised:
            self.fault(f"{what}: {status}", f"{request}\n      {body[:200]!r}")

    def broken(self, what: str, request: str, error: Exception) -> None:
        """Note a request that got no answer."""
        self._count("no answer")
        self.fault(f"{what}: {type(error).__name__}", f"{request}\n      {error}")

    def _count(self, status: str) -> None:
        self.counts[status] += 1
        if self.is_shown and self.total % EVERY == 0:
            sys.stdout.write(f"{self.total} answers, {self.notes['faults']} faults\n")
            sys.stdout.flush()

    def fault(self, kind: str, example: str) -> None:
        self.notes["faults"] += 1
        self.faults.setdefault(kind, example[:2_000])

    @property
    def total(self) -> int:
        return self.counts.total()

    def __str__(self) -> str:
        told = ", ".join(f"{count} × {status}" for status, count in sorted(self.counts.items()))
        lines = [f"{self.total} answers: {told}"]
        lines += [f"  {count} × {note}" for note, count in self.notes.most_common()]
        lines += [f"  {kind}\n      {example}" for kind, example in list(self.faults.items())[:SHOWN]]
        return "\n".join(lines)


def code_of(body: bytes) -> str:
    """Return the code of an error of the API, or nothing."""
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def ask(answers: Answers, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response | None:
    """Send a request and note its answer under its ``path``."""
    shown = f"{method} {path[:300]} {str(more)[:1_500]}"
    try:
        response = client.request(method, path, **more)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        answers.broken(f"{method} {path.partition('?')[0][:80]}", shown, error)
        return None
    what = f"{method} {path.partition('?')[0][:80]}"
    is_polite = "Retry-After" in response.headers and not path.startswith("/api/")
    answers.note(what, shown, response.status_code, response.content, is_polite_page=is_polite)
    return response
