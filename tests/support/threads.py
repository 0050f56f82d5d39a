from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(deed: Callable[[int], T], count: int) -> list[T]:
    """Run ``deed(0)`` to ``deed(count - 1)`` in threads that start together; return what they return."""
    together = Barrier(count)

    def run(number: int) -> T:
        try:
            together.wait()
            return deed(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
