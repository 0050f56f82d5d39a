"""The held requests of this process, by the topic they wait for."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter

WOKEN = Counter("admit_woken_requests", "Held requests woken early.")
MAX_TOPICS = 10_000  # remembered with their latest publication
CROWD = 10  # clients of one topic
# s between two publications of a topic that a crowd waits for: at least this long, and longer for a larger
# crowd, so that everybody can be answered before the next one. Fewer clients are never kept waiting.
MIN_INTERVAL = 0.25
INTERVAL_PER_CLIENT = 0.0005

Receive = Callable[[], Awaitable[Any]]


@dataclass
class Pause:
    """
    The time after a publication to a crowd in which its topic isn't published again.

    If it has changed meanwhile (``is_due``), it will be published in the end. ``waiting`` requests call their
    view only then.
    """

    is_due: bool = False
    waiting: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """
    Hold requests until their topic is published, their time is up or their client disconnects.

    A held request costs a coroutine and an entry here, but no thread, no extra task and no database
    connection. All methods must be called in the event loop's thread.
    """

    def __init__(self) -> None:
        self.count = 0  # requests held now
        self.capacity = 500  # until the layer knows how many files the process may open
        self.is_closed = False
        self._held: dict[str, set[asyncio.Timeout]] = {}
        self._published_count = 0
        # The sequence number of each topic's latest publication, the oldest first, and of the newest one that
        # was dropped. A topic that isn't here may have been published up to then.
        self._published_at: OrderedDict[str, int] = OrderedDict()
        self._last_forgotten = 0
        self._pauses: dict[str, Pause] = {}

    @property
    def sequence(self) -> int:
        """
        The number of publications so far.

        Get it before reading a resource and pass it to ``wait`` as ``since``: a change that is published
        between reading and waiting is then noticed.
        """
        return self._published_count

    def wake(self, topic: str) -> None:
        """
        Wake the requests that wait for ``topic``, including those that have read it but don't wait yet.

        If a crowd was woken for the topic a moment ago, they are woken later, once for all publications until
        then. That is safe, because a woken request reads the resource's newest state.
        """
        if pause := self._pauses.get(topic):
            pause.is_due = True
        else:
            self._publish(topic)

    def wake_all(self) -> None:
        """Wake all held requests, because publications may have been missed."""
        self._published_count += 1
        self._last_forgotten = self._published_count
        self._published_at.clear()
        for held in self._held.values():
            self._wake_held(held)
        for pause in self._pauses.values():
            pause.ended.set()

    def close(self) -> None:
        """Wake all held requests, and hold no more: the process is about to stop."""
        self.is_closed = True
        self.wake_all()

    async def until_published(self, topic: str) -> None:
        """If ``topic`` has changed and will be published after a pause, wait until then."""
        pause = self._pauses.get(topic)
        if pause and pause.is_due:
            pause.waiting += 1
            await pause.ended.wait()

    async def wait(self, topic: str, *, since: int, deadline: float, receive: Receive) -> bool:
        """
        Wait until ``topic`` is published or ``deadline`` (the loop's time); return False if the client left.

        ``since`` is the value of ``sequence`` from before the resource was read: if the topic was published
        after it, return at once. ``receive`` is the request's ASGI channel, which reports a disconnect.
        """
        if self.was_published(topic, since=since):
            return True
        try:
            # This task waits for the disconnect; waking it means moving its timeout to now, without a second
            # task.
            async with asyncio.timeout_at(deadline) as hold:
                self._add(topic, hold)
                try:
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    return False
                finally:
                    self._remove(topic, hold)
        except TimeoutError:
            return True

    def was_published(self, topic: str, *, since: int) -> bool:
        """Return whether ``topic`` was, or may have been, published after ``since``."""
        return since < max(self._published_at.get(topic, 0), self._last_forgotten)

    def _publish(self, topic: str, *, waiting: int = 0) -> None:
        """Wake those held for ``topic``; ``waiting`` others are about to ask, because a pause has ended."""
        self._published_count += 1
        self._published_at[topic] = self._published_count
        self._published_at.move_to_end(topic)
        if len(self._published_at) > MAX_TOPICS:
            _topic, self._last_forgotten = self._published_at.popitem(last=False)
        held = self._held.get(topic, ())
        clients = len(held) + waiting
        if clients >= CROWD:
            self._pauses[topic] = Pause()
            pause = max(MIN_INTERVAL, INTERVAL_PER_CLIENT * clients)
            asyncio.get_running_loop().call_later(pause, self._end_pause, topic)
        self._wake_held(held)

    def _end_pause(self, topic: str) -> None:
        pause = self._pauses.pop(topic)
        if pause.is_due:
            self._publish(topic, waiting=pause.waiting)
        pause.ended.set()

    def _add(self, topic: str, hold: asyncio.Timeout) -> None:
        self._held.setdefault(topic, set()).add(hold)
        self.count += 1

    def _remove(self, topic: str, hold: asyncio.Timeout) -> None:
        held = self._held[topic]
        held.remove(hold)
        if not held:
            del self._held[topic]
        self.count -= 1

    @staticmethod
    def _wake_held(held: "set[asyncio.Timeout] | tuple[()]") -> None:
        now = asyncio.get_running_loop().time()
        for hold in held:
            if not hold.expired():
                hold.reschedule(now)
        WOKEN.inc(len(held))
