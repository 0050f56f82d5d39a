"""
What the alerts ask the database, written once: to write it takes Django far longer than PostgreSQL to answer.

The SQL of an alert depends on whether the shop's key is live, and its values on the time.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

# The moment about which a statement is written, and the row, which nobody has.
WRITTEN_AT = datetime(2000, 1, 1, tzinfo=UTC)
WRITTEN_OF = -1


class Statement:
    """
    The SQL of what ``build`` returns for a moment, which must be the same for each but for times.

    It may be about one row, if it is built for that whose id is ``WRITTEN_OF``. ``around`` is the SQL that it
    is put into, in place of ``{}``.
    """

    def __init__(self, build: Callable[[datetime], QuerySet[Any, Any]], *, around: str = "{}") -> None:
        self._sql, self._values = "", list[Any]()
        try:
            sql, values = build(WRITTEN_AT).query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        except EmptyResultSet:  # Django knows that there are none.
            return
        self._sql, self._values = around.format(sql), list(values)

    def at(self, now: datetime, pk: int = WRITTEN_OF) -> tuple[str, list[Any]]:
        """Return the SQL and its values about ``now``; without SQL, there is nothing to find."""
        return self._sql, [_of(value, now, pk) for value in self._values]

    def rows(self, now: datetime, pk: int = WRITTEN_OF) -> list[tuple[Any, ...]]:
        """Return what is found about ``now``."""
        sql, values = self.at(now, pk)
        if not sql:
            return []
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()


def _of(value: Any, now: datetime, pk: int) -> Any:
    """Return what ``value``, an example of a time or an id, is for ``now`` and ``pk``; others are kept."""
    if isinstance(value, datetime):
        return now + (value - WRITTEN_AT)
    return pk if value == WRITTEN_OF else value
