"""The order in which requests get a thread: a crowd that wants one thing doesn't hold up everybody else."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """
    Requests that wait for a thread, in the order in which they came, in two lanes.

    Those of the crowd may have ``crowd_threads`` threads at once, and all others go before them. But one
    thread is theirs: however many look at the pages, those who buy go on.
    """

    def __init__(self, *, crowd_threads: int) -> None:
        self.crowd_threads = crowd_threads
        self._others: deque[T] = deque()
        self._crowd: deque[T] = deque()
        self._running: set[T] = set()  # requests of the crowd that have a thread

    def __len__(self) -> int:
        return len(self._others) + len(self._crowd)

    def add(self, request: T, *, is_of_crowd: bool) -> None:
        (self._crowd if is_of_crowd else self._others).append(request)

    def take(self) -> T | None:
        """Remove and return the request that gets the next free thread; None if none may have it."""
        if self._others and (self._running or not self._crowd):
            return self._others.popleft()
        if self._crowd and len(self._running) < self.crowd_threads:
            request = self._crowd.popleft()
            self._running.add(request)
            return request
        return None

    def leave(self, request: T) -> None:
        """Note that a request has no thread any more: it is answered or suspended. Its rest is short."""
        self._running.discard(request)
