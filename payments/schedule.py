"""When Stripe is asked again about a payment that waits for it: ever more rarely, and never all at once."""

import random
from datetime import datetime, timedelta

# By the payment's status: after how long first, and after how long at most.
INTERVALS = {
    "pending": (timedelta(minutes=2), timedelta(minutes=30)),
    "processing": (timedelta(minutes=5), timedelta(hours=6)),
    "refund_due": (timedelta(minutes=5), timedelta(hours=6)),
    "disputed": (timedelta(hours=6), timedelta(days=1)),
}
# A part of the money that is on its way back leaves the payment's status as it is.
PART = INTERVALS["refund_due"]
GROWTH = 4
JITTER = 0.2
# Stripe closes a session within seconds of its end, by its own clock.
AFTER_THE_END = timedelta(seconds=5)
# How long a session that should have ended is left alone: as long as it is late, within these bounds.
OVERDUE = (timedelta(seconds=20), timedelta(minutes=15))


def next_check(status: str, *, checks: int, ends_at: datetime, now: datetime) -> datetime:
    """Return when to ask again about a payment that was asked about ``checks`` times and waits for Stripe."""
    if status != "pending":
        return now + _jittered(_interval(status, checks))
    if now < ends_at:
        return min(now + _jittered(_interval(status, checks)), ends_at + AFTER_THE_END)
    shortest, longest = OVERDUE
    return now + _jittered(min(max(now - ends_at, shortest), longest))


def _interval(status: str, checks: int) -> timedelta:
    first, longest = INTERVALS.get(status, PART)
    return min(first * GROWTH ** min(checks, 10), longest)


def _jittered(interval: timedelta) -> timedelta:
    return interval * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
