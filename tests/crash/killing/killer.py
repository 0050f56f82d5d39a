"""Kill processes, each kind equally often, in random order and at random moments."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.crash.killing.duties import Duty, kill_in_the_middle
from tests.crash.stack import Breakable

KINDS = ("web", "worker", "sandbox", "postgres")
DOUBLE = 0.25  # the share of strikes that follow the previous one at once
AWAY = 1.0  # s, the longest that PostgreSQL stays down


class Killer:
    """
    Strike ``strikes`` times, spread evenly over the purchases of ``total`` customers.

    Besides the kinds of processes, each of ``duties`` is one more: the worker, in the middle of that job.
    ``advance`` reports that another customer has finished. It doesn't go by the clock, because a slow shop
    would then be killed again before it gets anything done. The block raises what has kept it from a strike.
    """

    def __init__(
        self, stack: Breakable, duties: Sequence[Duty], *, strikes: int, total: int, dice: random.Random
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.interrupted: list[int] = []  # the ids of jobs
        self._duties = {duty.name: duty for duty in duties}
        self._stack = stack
        self._dice = dice
        kinds = [*KINDS, *dice.sample([*self._duties], len(self._duties))]  # A short run has some of them.
        self._plan = [kinds[number % len(kinds)] for number in range(strikes)]
        dice.shuffle(self._plan)
        self._every = total / (strikes + 1)
        self._through = threading.Semaphore(0)
        self._over = threading.Event()
        self._has_failed = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._has_failed = kind is not None
        self._over.set()  # What wasn't struck yet is struck now.
        self._through.release()
        self._thread.join()
        if self._failure and not self._has_failed:
            raise self._failure

    def advance(self) -> None:
        self._through.release()

    def _run(self) -> None:
        try:
            self._strike_all()
        except Exception as failure:
            self._failure = failure

    def _strike_all(self) -> None:
        came, due = 0, self._every
        for kind in self._plan:
            if self._dice.random() > DOUBLE or not self.kills:
                while came < due and not self._over.is_set():
                    self._through.acquire()
                    came += 1
            if self._has_failed:
                return
            due += self._every
            self._over.wait(self._dice.uniform(0, 0.3))
            self._strike(kind)

    def _strike(self, kind: str) -> None:
        if kind == "postgres":
            self._stack.postgres.restart(away=self._dice.uniform(0, AWAY))
        elif duty := self._duties.get(kind):
            self.interrupted.append(kill_in_the_middle(self._stack, duty, self._dice, self.interrupted))
        else:
            self._stack.supervisor.kill(kind)
        self.kills[kind] += 1
