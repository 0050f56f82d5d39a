"""The sandbox's time, which can be moved forward."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.core.store import Store


class Clock:
    """
    Real time plus an offset that survives a restart.

    Webhook signatures don't use it: the receiver compares them with the real time.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.frozen: float | None = None
        self.read_offset()

    def exact(self) -> float:
        """Return the sandbox's time in seconds since 1970."""
        return time.time() + self.offset if self.frozen is None else self.frozen

    def now(self) -> int:
        """Return the sandbox's time in whole seconds, as in Stripe's objects."""
        return int(self.exact())

    def move_to(self, moment: float) -> None:
        """Move forward to ``moment``; never back."""
        self.set_offset(max(self.offset, moment - time.time()))

    @contextmanager
    def frozen_at(self, moment: float) -> Iterator[None]:
        """Stop the clock at ``moment`` while the block runs."""
        before, self.frozen = self.frozen, moment
        try:
            yield
        finally:
            self.frozen = before

    def read_offset(self) -> None:
        """Take over the offset that is in the store."""
        self.offset = float(self.store.setting("clock.offset", 0))

    def set_offset(self, offset: float) -> None:
        self.offset = offset
        self.store.set("clock.offset", offset)
