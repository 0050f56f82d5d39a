"""The line of those who want to write to Stripe: first come, first served, at the rate that Stripe allows."""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from django.conf import settings

from payments import metrics
from payments.gateway.errors import StripeBusy
from payments.gateway.transport.allowance import Reservation, busy
from payments.gateway.transport.shared_line import SharedLine

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # s between looks whether another process has got a 429, while somebody waits
FULL_FOR = 0.25  # s for which a line that was too long turns everybody away without another look
TOLERANCE = 0.5  # s by which a turn may come later than its deadline


@dataclass(eq=False)
class Place:
    """A place in the line: ``turn`` is done when its owner may write, and ``deadline`` the loop's time."""

    turn: asyncio.Future[None]
    deadline: float


class Line:
    """
    The requests of one event loop that want to write.

    Slots are reserved for all who have come since the last reservation, in one statement. They belong to the
    line, not to a request: whenever one is due, the first in the line takes it.
    """

    def __init__(self) -> None:
        self._places: deque[Place] = deque()
        self._slots: deque[float] = deque()  # the loop's times, the next first
        self._pushed_back: float | None = None  # as the row said last
        self._full_until = 0.0  # by time.monotonic()
        self._shared = SharedLine()
        self._arrived = asyncio.Event()
        self._reserving: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        metrics.STRIPE_LINE.set_function(lambda: len(self._places))

    def require_room(self) -> None:
        """Raise ``StripeBusy`` if the line was too long just now. Any thread may call this."""
        if time.monotonic() < self._full_until:
            raise busy(settings.STRIPE_LINE_SECONDS)

    async def turn(self, *, deadline: float, is_first: bool = False) -> None:
        """
        Return when the caller may write; with ``is_first``, it goes before all others.

        Raise ``StripeBusy``, as soon as that is known, if its turn would come after ``deadline``.
        """
        place = Place(asyncio.get_running_loop().create_future(), deadline)
        if is_first:
            self._places.appendleft(place)
        else:
            self._places.append(place)
        self._arrived.set()
        if self._reserving is None or self._reserving.done():
            self._reserving = asyncio.get_running_loop().create_task(self._reserve())
        with metrics.waiting_in_line():
            await place.turn

    async def push_back(self, pause: float) -> None:
        """Stop all processes for ``pause`` seconds: Stripe has answered 429."""
        try:
            self._note(await self._shared.push_back(pause))
        except (psycopg.Error, OSError, TimeoutError) as error:
            logger.warning("the others aren't told of Stripe's 429: %r", error)
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Give the database connection back; nobody is in the line any more."""
        if self._reserving:
            self._reserving.cancel()
            with suppress(asyncio.CancelledError):
                await self._reserving
        await self._shared.close()

    async def _reserve(self) -> None:
        """Reserve slots, and see whether they were pushed back, for as long as somebody waits."""
        while self._places:
            self._arrived.clear()
            try:
                if (missing := len(self._places) - len(self._slots)) > 0:
                    most = settings.STRIPE_LINE_SECONDS
                    self._add(missing, await self._shared.reserve(missing, most=most))
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._arrived.wait()
                    continue
                self._note(await self._shared.look())
            except Exception:  # Whatever it is, nobody may wait for a turn that doesn't come.
                logger.exception("no turns at Stripe")
                while len(self._places) > len(self._slots):
                    self._refuse_last(StripeBusy())

    def _add(self, wanted: int, reservation: Reservation) -> None:
        """Add the reserved slots; refuse those who came last if there are fewer than were wanted."""
        self._note(reservation)
        first = asyncio.get_running_loop().time() + reservation.wait
        interval = 1 / settings.STRIPE_WRITES_PER_SECOND
        self._slots.extend(first + number * interval for number in range(reservation.granted))
        if reservation.granted < wanted:
            self._full_until = time.monotonic() + FULL_FOR
        for _ in range(min(wanted - reservation.granted, len(self._places) - len(self._slots))):
            self._refuse_last(busy(reservation.wait))
        self._set_timer()

    def _note(self, reservation: Reservation) -> None:
        """Move the slots by what 429s have pushed them back since they were reserved."""
        by = reservation.pushed_back - (
            reservation.pushed_back if self._pushed_back is None else self._pushed_back
        )
        self._pushed_back = reservation.pushed_back
        if by > 0 and self._slots:
            self._slots = deque(slot + by for slot in self._slots)
            self._refuse_late()
            self._set_timer()

    def _refuse_late(self) -> None:
        """Refuse those at the end whose slot is after their deadline now; others may use it."""
        while 0 < len(self._places) <= len(self._slots):
            slot = self._slots[len(self._places) - 1]
            if slot <= self._places[-1].deadline + TOLERANCE:
                return
            self._refuse_last(busy(slot - asyncio.get_running_loop().time()))

    def _refuse_last(self, refusal: StripeBusy) -> None:
        place = self._places.pop()
        if not place.turn.done():
            place.turn.set_exception(refusal)

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._slots[0], self._use_slots) if self._slots else None

    def _use_slots(self) -> None:
        """Give each slot that is due to the first in the line."""
        now = asyncio.get_running_loop().time()
        while self._slots and self._slots[0] <= now:
            self._slots.popleft()
            self._let_next_write(now)
        self._set_timer()

    def _let_next_write(self, now: float) -> None:
        while self._places:
            place = self._places.popleft()
            if place.turn.done():
                continue
            if now <= place.deadline + TOLERANCE:
                place.turn.set_result(None)
                return
            place.turn.set_exception(busy(0))
