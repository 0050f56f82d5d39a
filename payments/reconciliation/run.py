"""A run of the reconciler: its pace, its counts, and when it stops."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from payments import metrics

# Half of what Stripe allows a sandbox account in all, so that customers always get through.
CALLS_PER_SECOND = 12
# Each failure takes as long as Stripe's time-out: after so many in a row, the run ends.
AWAY_AFTER = 3


class StripeIsAway(Exception):
    """Stripe didn't answer several times in a row. What is left stays due."""


@dataclass
class Run:
    """One run: its calls to Stripe a second, whether it only looks, and what it has counted so far."""

    rate: float = CALLS_PER_SECOND
    is_dry: bool = False
    say: Callable[[str], None] = lambda line: None
    counts: Counter[str] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    _next_call: float = 0

    def pace(self) -> None:
        """Wait until Stripe may be called again."""
        now = time.monotonic()
        time.sleep(max(0, self._next_call - now))
        self._next_call = max(now, self._next_call) + 1 / self.rate

    def note(self, what: str, words: str = "", *, outcome: str = "") -> None:
        """Count ``what``, in the metric under ``outcome`` if given, and print ``words``."""
        self.counts[what] += 1
        if not self.is_dry:
            metrics.note_reconciled(outcome or what)
        if words:
            self.say(words)

    def note_unreachable(self, words: str) -> None:
        """Count a call that Stripe didn't answer; raise ``StripeIsAway`` after several in a row."""
        self.note("unreachable", words)
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= AWAY_AFTER:
            raise StripeIsAway
