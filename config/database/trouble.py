"""What the errors of the database mean to whoever asked for something."""

import time
from enum import StrEnum

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from psycopg import errors

SUSPECT_FOR = 600  # s since the disk was full for somebody in this process
# 2 MB in a file of its own. It is made anew each time, so there is no room for it that was there before.
WRITE = "CREATE TEMP TABLE room ON COMMIT DROP AS SELECT md5(n::text) FROM generate_series(1, 30000) AS n"


class Trouble(StrEnum):
    """Why the database can't do what it was asked. Trying again later may help."""

    AWAY = "unreachable"
    READ_ONLY = "read_only"
    FULL = "full"
    SLOW = "slow"  # It was asked to end what took too long, or waited too long for a lock.


# By PostgreSQL's code. Those of other operational errors (class 08, 53, 57 and 58) mean that it is away.
BY_CODE = {
    errors.ReadOnlySqlTransaction.sqlstate: Trouble.READ_ONLY,
    errors.DiskFull.sqlstate: Trouble.FULL,
    errors.LockNotAvailable.sqlstate: Trouble.SLOW,
    errors.QueryCanceled.sqlstate: Trouble.SLOW,
    errors.DeadlockDetected.sqlstate: Trouble.SLOW,
    errors.IdleInTransactionSessionTimeout.sqlstate: Trouble.SLOW,
}
_full_at = -SUSPECT_FOR * 1.0


def trouble_of(error: BaseException | None) -> Trouble | None:
    """
    Return what ``error`` means; None if the database isn't to blame.

    After a failover, a pooler may still lead to a server that is a standby. What psycopg itself calls an
    internal error, without PostgreSQL's code for one, is a server that ended in the middle of its answer.
    """
    if not isinstance(error, (OperationalError, InterfaceError, InternalError)):
        return None
    code = getattr(error.__cause__, "sqlstate", None)
    found = BY_CODE.get(code or "")
    if isinstance(error, InternalError) and code and not found:
        return None
    return found or Trouble.AWAY


def note(trouble: Trouble) -> None:
    """Remember that the disk is full: PostgreSQL doesn't tell unless it is asked to write."""
    global _full_at
    if trouble == Trouble.FULL:
        _full_at = time.monotonic()


def is_full() -> bool:
    """Return whether the database can't write for want of room; try, if it lately couldn't."""
    global _full_at
    if time.monotonic() - _full_at >= SUSPECT_FOR:
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WRITE)
    except OperationalError as error:
        if trouble_of(error) == Trouble.FULL:
            return True
        raise
    _full_at = -SUSPECT_FOR * 1.0
    return False
