"""Database connections whose check before each request mostly costs nothing."""

import select
import time
from typing import Any

import psycopg

TRUSTED_FOR = 1  # s since the last check


class PooledConnection(psycopg.Connection[Any]):
    """
    A connection that Django's pool checks before each use, by executing the empty statement.

    Within ``TRUSTED_FOR`` seconds of a check, the server isn't asked again unless it has sent something. That
    is what a server does that shuts down or ends the session. The first use after a quiet time asks it, so a
    server that disappeared without a word is noticed too.
    """

    _checked_at = 0.0

    def execute(self, query: Any, *args: Any, **options: Any) -> psycopg.Cursor[Any]:
        if query != "":
            return super().execute(query, *args, **options)
        now = time.monotonic()
        if now - self._checked_at < TRUSTED_FOR and not self._has_input():
            return self.cursor()
        self._checked_at = now
        try:
            return super().execute(query)
        except psycopg.OperationalError:
            # The server has probably restarted. Trying its other connections one by one, the pool would pause
            # before each, and give up after three.
            if pool := getattr(self, "_pool", None):
                pool.check()
            raise

    def _has_input(self) -> bool:
        poll = select.poll()  # Not select.select: a process has more than a thousand files open.
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))
