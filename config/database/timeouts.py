"""
How long a statement, a lock and a silent transaction may take, by the kind of process.

PostgreSQL ends what takes longer, so that one row that stays locked doesn't stop everything that comes to
wait for it. A connection is told when it is opened, which costs nothing. A pooler would refuse or forget
that; behind one, its own limits and the role's count (``deploy/pgbouncer``, ``deploy/postgresql``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError, connection, connections
from psycopg.errors import LockNotAvailable


class LockTimeout(Exception):
    """A lock wasn't to be had within its time: somebody else keeps it for unusually long."""


@dataclass(frozen=True)
class Timeouts:
    """Limits in s; 0 means none. ``idle`` is that of a transaction in which nothing is asked."""

    statement: int
    lock: int
    idle: int

    @property
    def options(self) -> str:
        """The limits as options of a connection to PostgreSQL."""
        limits = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())


def limit_web() -> None:
    """Limit the connections that this process opens as those of a web process, where people wait."""
    _limit(Timeouts(settings.DATABASE_STATEMENT_SECONDS, settings.DATABASE_LOCK_SECONDS, idle=30))


def limit_worker() -> None:
    """Limit them as those of a worker, whose jobs may take twice as long, and are tried again."""
    _limit(Timeouts(2 * settings.DATABASE_STATEMENT_SECONDS, 2 * settings.DATABASE_LOCK_SECONDS, idle=60))


def _limit(timeouts: Timeouts) -> None:
    if not settings.DATABASE_LISTEN_URL:
        # What DATABASE_URL says itself comes later, so it counts.
        given = settings.DATABASE_OPTIONS
        connections["default"].settings_dict["OPTIONS"]["options"] = f"{timeouts.options} {given}".rstrip()


@contextmanager
def locks_within(seconds: int) -> Iterator[None]:
    """
    Wait for each lock in the block, and in the rest of the transaction, for ``seconds`` at the most.

    Raise ``LockTimeout`` if that isn't enough; then nothing more can be asked in this transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise LockTimeout from error
        raise
