"""
The writes a second that Stripe allows the account, shared by all processes through one row.

Each write has a slot of its own: a moment at which it may be sent. A reservation takes the next slots, so
whoever reserves first writes first, in whatever process. Stripe's 429 moves all slots that are still to come
to later; processes notice by ``pushed_back``.

The moments are PostgreSQL's. Nothing is given back: slots that a killed process had reserved pass unused.
"""

import time
from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

from django.conf import settings
from django.db import connection

from payments import metrics
from payments.gateway.errors import StripeBusy
from payments.models import StripeAllowance

PAUSE = 0.5  # s for which everybody stops after a 429 that doesn't say for how long
LONGEST_PAUSE = 5.0  # s
# Jobs and commands may stand behind a full line of customers, so that they aren't refused for their sake.
PATIENCE = 3

# The row, locked. Its moments are never further ahead than ``longest`` seconds, unless the clock was set
# back, or another server has taken over. Then they mean nothing: nobody may wait until it has caught up.
LINE: LiteralString = """
    WITH row AS (
        SELECT clock_timestamp() AS now, next_at, paused_until
          FROM payments_stripeallowance WHERE id = 1 FOR UPDATE
    ), line AS (
        SELECT now,
               CASE WHEN next_at < now + make_interval(secs => %(longest)s)
                    THEN greatest(next_at, now) ELSE now END AS next_at,
               CASE WHEN paused_until < now + make_interval(secs => %(longest)s)
                    THEN greatest(paused_until, now) ELSE now END AS paused_until
          FROM row
    )
"""
# Slots for as many of ``wanted`` writes as can be sent within ``most`` seconds.
RESERVE: LiteralString = f"""
    {LINE}, waiting AS (
        SELECT now, extract(epoch FROM next_at - now)::float8 AS wait FROM line
    ), reserved AS (
        SELECT now, wait,
               greatest(0, least(%(wanted)s, 1 + floor((%(most)s - wait) * %(rate)s)))::int AS granted
          FROM waiting
    )
    UPDATE payments_stripeallowance AS row
       SET next_at = now + make_interval(secs => wait + granted / %(rate)s)
      FROM reserved WHERE row.id = 1
    RETURNING wait, granted, pushed_back
"""  # noqa: S608  # It is our own.
# The pause begins now. What others have pushed back for the same pause counts, so that the answers to
# requests that were under way together don't add up.
PUSH_BACK: LiteralString = f"""
    {LINE}, pushed AS (
        SELECT *, greatest(0, %(pause)s - extract(epoch FROM paused_until - now))::float8 AS by FROM line
    )
    UPDATE payments_stripeallowance AS row
       SET next_at = pushed.next_at + make_interval(secs => by),
           paused_until = greatest(pushed.paused_until, now + make_interval(secs => %(pause)s)),
           pushed_back = pushed_back + by
      FROM pushed WHERE row.id = 1
    RETURNING 0::float8, 0, pushed_back
"""  # noqa: S608  # It is our own.
LOOK: LiteralString = "SELECT 0::float8, 0, pushed_back FROM payments_stripeallowance WHERE id = 1"
MAKE_ROW: LiteralString = "INSERT INTO payments_stripeallowance (id) VALUES (1) ON CONFLICT DO NOTHING"


class Reservation(NamedTuple):
    """
    Slots for ``granted`` writes, the first in ``wait`` seconds, the others at the account's rate.

    ``pushed_back`` is by how many seconds 429s have moved slots, from the beginning of time until now.
    """

    wait: float
    granted: int
    pushed_back: float


def wants(wanted: int, *, most: float) -> dict[str, Any]:
    """Return the parameters of ``RESERVE``."""
    rate = float(settings.STRIPE_WRITES_PER_SECOND)
    return {"wanted": wanted, "most": most, "rate": rate, "longest": _longest()}


def pauses(pause: float) -> dict[str, Any]:
    """Return the parameters of ``PUSH_BACK``."""
    return {"pause": pause, "longest": _longest()}


def _longest() -> float:
    """Return more seconds than the line of those who may wait longest has, with the pauses of 429s."""
    return PATIENCE * settings.STRIPE_LINE_SECONDS + 2 * LONGEST_PAUSE


def is_read(method: str) -> bool:
    """Return whether a request only reads: Stripe counts those apart, and nobody waits to send one."""
    return method.lower() == "get"


def is_over_limit(status: int, headers: Mapping[str, str]) -> bool:
    """Return whether Stripe has answered that the account writes too fast; then it has done nothing."""
    return status == 429 and "Stripe-Should-Retry" not in headers  # That is about one object's lock.


def pause_after(headers: Mapping[str, str]) -> float:
    """Return for how many seconds to stop after a 429 with these ``headers``."""
    try:
        return min(max(float(headers.get("Retry-After", PAUSE)), PAUSE), LONGEST_PAUSE)
    except ValueError:
        return PAUSE


def busy(wait: float) -> StripeBusy:
    """Return the refusal for whoever would have to wait ``wait`` seconds: come back to half a line."""
    metrics.STRIPE_LINE_REFUSED.inc()
    return StripeBusy(retry_after=max(1, round(wait - settings.STRIPE_LINE_SECONDS / 2)))


def wait_for_slot(most: float) -> None:
    """Sleep until the caller may send a write; raise ``StripeBusy`` at once if that takes over ``most`` s."""
    slot = _execute(RESERVE, wants(1, most=most))
    if not slot.granted:
        raise busy(slot.wait)
    with metrics.waiting_in_line():
        time.sleep(slot.wait)


def push_back(pause: float) -> None:
    """Let all processes stop writing for ``pause`` seconds from now."""
    _execute(PUSH_BACK, pauses(pause))


def _execute(statement: LiteralString, params: dict[str, Any]) -> Reservation:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    if row is None:
        StripeAllowance.objects.bulk_create([StripeAllowance(pk=1)], ignore_conflicts=True)
        return _execute(statement, params)
    return Reservation(*row)
