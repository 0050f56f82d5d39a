"""Billing intervals: when periods counted from an anchor begin and end."""

import calendar
from datetime import UTC, datetime, timedelta

from sandbox.core.store import Obj

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}
LONGEST = {"day": 1_095, "week": 156, "month": 36, "year": 3}  # three years, as at Stripe


def boundary(anchor: int, recurring: Obj, count: int) -> int:
    """
    Return the moment ``count`` intervals after ``anchor``.

    Months are counted from the anchor's day: after the 31st of January come the 28th of February and the 31st
    of March.
    """
    start = datetime.fromtimestamp(anchor, UTC)
    steps = recurring["interval_count"] * count
    if recurring["interval"] in DAYS:
        return int((start + timedelta(days=DAYS[recurring["interval"]] * steps)).timestamp())
    months = start.month - 1 + MONTHS[recurring["interval"]] * steps
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def period_at(anchor: int, recurring: Obj, moment: int) -> tuple[int, int]:
    """Return start and end of the period around ``moment``, which may be before the anchor."""
    length = boundary(anchor, recurring, 1) - anchor
    count = (moment - anchor) // length - 1
    while boundary(anchor, recurring, count + 1) <= moment:
        count += 1
    return boundary(anchor, recurring, count), boundary(anchor, recurring, count + 1)


def formatted(recurring: Obj) -> str:
    """Return an interval as text: ``month``, ``3 months``."""
    count = recurring["interval_count"]
    return recurring["interval"] if count == 1 else f"{count} {recurring['interval']}s"
