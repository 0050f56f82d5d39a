"""A run of the reconciler: its pace, its counts, and when it stops."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from payments.gateway.account import is_answering
from payments.metrics import RECONCILED, Reconciled

# Half of what Stripe allows a sandbox account in all, so that customers always get through.
CALLS_PER_SECOND = 12
# Each failure may take as long as Stripe's time-out. After so many in a row, Stripe is asked for something
# else: either it is away, and the run ends, or these rows have a trouble of their own.
AWAY_AFTER = 3
FAILURES = (Reconciled.FAILED, Reconciled.EVENT_FAILED, Reconciled.UNREACHABLE)


class StripeIsAway(Exception):
    """Stripe can't be reached. What is left stays due."""


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

    @property
    def failures(self) -> int:
        """How often something couldn't be done."""
        return sum(self.counts[outcome] for outcome in FAILURES)

    def note(self, outcome: Reconciled, words: str = "") -> None:
        """Count what was done, for Prometheus too unless this is a dry run, and print ``words``."""
        self.counts[outcome] += 1
        if not self.is_dry:
            RECONCILED.labels(outcome).inc()
        if words:
            self.say(words)

    def note_found(self, what: str, words: str) -> None:
        """Count something that a dry run found and left as it is, and print ``words``."""
        self.counts[what] += 1
        self.say(words)

    def note_unreachable(self, words: str) -> None:
        """Count a call that failed; raise ``StripeIsAway`` after several in a row, if Stripe really is."""
        self.note(Reconciled.UNREACHABLE, words)
        self.failures_in_a_row += 1
        if self.failures_in_a_row < AWAY_AFTER:
            return
        if not is_answering():
            raise StripeIsAway
        self.failures_in_a_row = 0
