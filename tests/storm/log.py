"""Count what happened, for the summary at the end."""

import time
from collections import Counter
from collections.abc import Iterator


class Log:
    """Counts over all runs: steps by action, faults by kind, and payments by their final status."""

    def __init__(self) -> None:
        self.runs = 0
        self.steps: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.seed = 0
        self._began = time.perf_counter()

    def lines(self) -> Iterator[str]:
        seconds = time.perf_counter() - self._began
        yield (
            f"{self.runs} runs, {self.steps.total()} steps, {self.faults.total()} faults, "
            f"{seconds:.0f} s, seed {self.seed}"
        )
        yield from column("Steps", self.steps)
        yield from column("Faults", self.faults)
        yield from column("Payments ended", self.ends)


def column(title: str, counts: Counter[str]) -> Iterator[str]:
    yield f"{title}: {counts.total()}"
    yield from (f"{count:7}  {what}" for what, count in counts.most_common())


LOG = Log()
