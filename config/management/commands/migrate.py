import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

from config.database.indexes import LOCK_WITHIN

TRIES = 20
PAUSES = (1, 15)  # s: the first and the longest

LIMITS = {
    "lock_timeout": f"{LOCK_WITHIN}s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
LONG_TRANSACTIONS = """
    SELECT string_agg(format('%s for %s', pid, date_trunc('second', now() - xact_start)), ', ')
      FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND now() - xact_start > interval '1 s'
"""


class Command(migrate.Command):
    """
    Migrate as Django does, but let customers go first.

    What needs a table for itself waits for it for ``LOCK_WITHIN`` seconds, lets all others through who have
    come meanwhile, and tries again. A migration that is complete isn't done again.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        pause = PAUSES[0]
        for tries_left in reversed(range(TRIES)):
            try:
                with _limits(connection):
                    super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if not tries_left:
                    raise CommandError(_explain(connection)) from error
                self.stderr.write(f"A table is in use; next try in {pause} s.")
                time.sleep(pause)
                pause = min(2 * pause, PAUSES[1])
            else:
                return


@contextmanager
def _limits(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let a migration take its time, but not wait for locks; afterwards all is as it was."""
    with connection.cursor() as cursor:
        for name, value in LIMITS.items():
            cursor.execute(f"SET {name} = '{value}'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name in LIMITS:
                cursor.execute(f"RESET {name}")


def _explain(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute(LONG_TRANSACTIONS)
        (long,) = cursor.fetchone()
    told = f" Open transactions: {long}." if long else ""
    return f"Not fully migrated: a table was in use each time. Run this again later.{told}"
