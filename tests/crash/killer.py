"""Kill processes, each kind equally often, in random order and at random moments."""

import random
import threading
from collections import Counter
from types import TracebackType
from typing import Self

from tests.crash.stack import Breakable

KINDS = ("web", "worker", "sandbox", "postgres")
DOUBLE = 0.25  # the share of strikes that follow the previous one at once
AWAY = 1.0  # s, the longest that PostgreSQL stays down


class Killer:
    """
    Strike ``strikes`` times, spread evenly over the purchases of ``total`` customers.

    ``advance`` reports that another customer has finished. It doesn't go by the clock, because a slow shop
    would then be killed again before it gets anything done.
    """

    def __init__(self, stack: Breakable, *, strikes: int, total: int, dice: random.Random) -> None:
        self.kills: Counter[str] = Counter()
        self._stack = stack
        self._dice = dice
        self._plan = [KINDS[number % len(KINDS)] for number in range(strikes)]
        dice.shuffle(self._plan)
        self._every = total / (strikes + 1)
        self._through = threading.Semaphore(0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._through.release()
        self._thread.join()

    def advance(self) -> None:
        self._through.release()

    def _run(self) -> None:
        came, due = 0, self._every
        for kind in self._plan:
            if self._dice.random() > DOUBLE or not self.kills:
                while came < due and not self._over.is_set():
                    self._through.acquire()
                    came += 1
            if self._over.is_set():
                return
            due += self._every
            self._over.wait(self._dice.uniform(0, 0.3))
            self._strike(kind)

    def _strike(self, kind: str) -> None:
        if kind == "postgres":
            self._stack.postgres.restart(away=self._dice.uniform(0, AWAY))
        else:
            self._stack.supervisor.kill(kind)
        self.kills[kind] += 1
