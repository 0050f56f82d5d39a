"""Who waits for what in this process."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter

WOKEN = Counter("admit_woken_requests", "Held requests that were woken before their time was up.")
REMEMBERED = 10_000  # topics
PACE = 0.25  # s, at least, between two publications of a topic that crowds look at
PACE_EACH = 0.0005  # s that the pace takes for each of the crowd, who all want an answer before the next

Receive = Callable[[], Awaitable[Any]]


@dataclass
class Due:
    """A publication that has to wait for its time, and how many wait for it before they ask."""

    made: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0


class Hub:
    """
    Holds requests until their topic is published, their time is up or their client is gone.

    A held request costs its own coroutine and an entry here: no thread, no task, no database connection.
    Only for the event loop's thread.
    """

    def __init__(self) -> None:
        self.count = 0
        self.capacity = 500  # Until the layer knows how many files the process may open.
        self.is_closed = False
        self._held: dict[str, set[asyncio.Timeout]] = {}
        self._published_count = 0
        # When each topic was last published. What is too old to be here counts as published just now.
        self._published_at: OrderedDict[str, int] = OrderedDict()
        self._forgotten = 0
        # When each paced topic may be published again (the loop's time), and those that will be, then.
        self._earliest: OrderedDict[str, float] = OrderedDict()
        self._due: dict[str, Due] = {}

    @property
    def now(self) -> int:
        """A mark to hand to ``wait`` later: what is published from here on won't be missed."""
        return self._published_count

    def wake(self, topic: str) -> None:
        """
        Wake everybody who waits for ``topic``, also those who have asked but don't wait yet.

        With a paced topic that was published just now, this happens when its time has come, once for all
        publications until then. Later is always safe: all it says is that something has changed before.
        """
        earliest = self._earliest.get(topic, 0.0)
        loop = asyncio.get_running_loop()
        if loop.time() >= earliest and topic not in self._due:
            self._publish_now(topic)
        elif topic not in self._due:
            self._due[topic] = Due()
            loop.call_at(earliest, self._publish_now, topic)

    def wake_all(self) -> None:
        """Wake everybody: publications may have been missed."""
        self._published_count += 1
        self._forgotten = self._published_count
        self._published_at.clear()
        for held in self._held.values():
            self._let_go(held)
        for due in self._due.values():
            due.made.set()

    def close(self) -> None:
        """Wake everybody for a last answer and hold nobody any more."""
        self.is_closed = True
        self.wake_all()

    def pace(self, topic: str) -> None:
        """From now on, publish ``topic`` no faster than a crowd of lookers can be answered."""
        self._earliest.setdefault(topic, 0.0)
        if len(self._earliest) > REMEMBERED:
            self._earliest.popitem(last=False)

    async def until_published(self, topic: str) -> None:
        """Return at once unless ``topic`` has changed and that is still to be published; then, once it is."""
        if due := self._due.get(topic):
            due.waiting += 1
            await due.made.wait()

    async def wait(self, topic: str, *, since: int, deadline: float, receive: Receive) -> bool:
        """
        Wait for ``topic`` until ``deadline`` (the loop's time); return whether the client is still there.

        Returns at once if the topic was published after the mark ``since``, when the resource was read.
        ``receive`` is the request's: it returns when the client is gone.
        """
        if self.was_published(topic, since=since):
            return True
        try:
            # The timeout is the hold: waking brings its end forward, and needs no second task for it.
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
        """Whether ``topic`` was published after the mark ``since``, or may have been."""
        return since < max(self._published_at.get(topic, 0), self._forgotten)

    def _publish_now(self, topic: str) -> None:
        self._published_count += 1
        self._published_at[topic] = self._published_count
        self._published_at.move_to_end(topic)
        if len(self._published_at) > REMEMBERED:
            _topic, self._forgotten = self._published_at.popitem(last=False)
        held = self._held.get(topic, ())
        due = self._due.pop(topic, Due())
        if topic in self._earliest:
            pace = max(PACE, PACE_EACH * (len(held) + due.waiting))
            self._earliest[topic] = asyncio.get_running_loop().time() + pace
            self._earliest.move_to_end(topic)
        self._let_go(held)
        due.made.set()

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
    def _let_go(held: "set[asyncio.Timeout] | tuple[()]") -> None:
        now = asyncio.get_running_loop().time()
        for hold in held:
            if not hold.expired():
                hold.reschedule(now)
        WOKEN.inc(len(held))
