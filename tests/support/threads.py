from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(action: Callable[[int], T], count: int) -> list[T]:
    """Run ``action(0)`` to ``action(count - 1)`` in threads at the same time; return their results."""
    together = Barrier(count)

    def run(number: int) -> T:
        try:
            together.wait()
            return action(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
