"""When the reconciler asks Stripe again about a payment or a membership, whether or not an event came."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

# How much longer each pause is than the one before it.
GROWTH = 4

# Payments: ever more rarely, and never all at once.

# By the payment's status: after how long first, and after how long at most.
INTERVALS = {
    "pending": (timedelta(minutes=2), timedelta(minutes=30)),
    "processing": (timedelta(minutes=5), timedelta(hours=6)),
    "refund_due": (timedelta(minutes=5), timedelta(hours=6)),
    "disputed": (timedelta(hours=6), timedelta(days=1)),
}
# A part of the money that is on its way back leaves the payment's status as it is.
PARTIAL_REFUND = INTERVALS["refund_due"]
JITTER = 0.2
# Stripe closes a session within seconds of its end, by its own clock.
AFTER_SESSION_END = timedelta(seconds=5)
# How long a session that should have ended is left alone: as long as it is late, within these bounds.
OVERDUE = (timedelta(seconds=20), timedelta(minutes=15))

# Memberships: regularly, and after the ends of their periods.

# By the subscription's status, else once a day.
MEMBERSHIP_INTERVALS = {"incomplete": timedelta(hours=1), "past_due": timedelta(hours=6)}
DAILY = timedelta(days=1)
# After a question that got no answer; then ever more rarely, up to the interval.
FIRST_RETRY = timedelta(minutes=5)
# Stripe renews within seconds, by its own clock.
AFTER_PERIOD_END = timedelta(minutes=1)
# One that is over here though Stripe charges for it: staff end it there, or its customer's other one ends.
OVER_BUT_CHARGED = timedelta(hours=1)


def next_check(status: str, *, checks: int, ends_at: datetime, now: datetime) -> datetime:
    """
    Return when to ask again about a payment, or a membership whose session is open, after ``checks`` times.

    ``ends_at`` is the session's end; it counts while ``status`` is ``pending``.
    """
    if status != "pending":
        return now + _jittered(_interval(status, checks))
    if now < ends_at:
        return min(now + _jittered(_interval(status, checks)), ends_at + AFTER_SESSION_END)
    shortest, longest = OVERDUE
    return now + _jittered(min(max(now - ends_at, shortest), longest))


def _interval(status: str, checks: int) -> timedelta:
    first, longest = INTERVALS.get(status, PARTIAL_REFUND)
    return min(first * GROWTH ** min(checks, 10), longest)


def _jittered(interval: timedelta) -> timedelta:
    return interval * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def next_membership_check(
    status: str, *, checks: int, ends: Iterable[datetime | None], now: datetime
) -> datetime:
    """
    Return when to ask again about a subscription at Stripe, after ``checks`` questions without an answer.

    ``ends`` are the ends of its period and of itself, as far as they are known.
    """
    longest = MEMBERSHIP_INTERVALS.get(status, DAILY)
    pause = min(FIRST_RETRY * GROWTH ** min(checks - 1, 10), longest) if checks else longest
    return min([now + pause, *(at + AFTER_PERIOD_END for at in ends if at and at > now)])
