"""Stripe's limit on requests per second."""

import time


class Bucket:
    """A token bucket that holds one second's worth of requests."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self.level = float(per_second)
        self.filled_at = time.monotonic()

    def take(self) -> bool:
        """Return whether one more request is allowed; with a limit of 0 every one is."""
        if self.per_second == 0:
            return True
        moment = time.monotonic()
        self.level = min(self.per_second, self.level + (moment - self.filled_at) * self.per_second)
        self.filled_at = moment
        if self.level < 1:
            return False
        self.level -= 1
        return True
