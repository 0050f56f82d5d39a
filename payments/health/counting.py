"""How many rows have each status, without reading a table of millions at each scrape."""

from collections.abc import Collection

from django.db import connection
from django.db.models import Count, Model

EXACT_UP_TO = 20_000  # rows; as many are counted in a few ms

# What the last ANALYZE has found: rows, and the shares of the values of ``status``.
STATISTICS = """
    SELECT greatest(class.reltuples, 0)::bigint, stats.most_common_vals::text::text[], stats.most_common_freqs
      FROM pg_class AS class
      JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
      LEFT JOIN pg_stats AS stats ON stats.schemaname = schema.nspname AND stats.tablename = class.relname
           AND stats.attname = 'status'
     WHERE class.oid = %s::regclass
"""


def count_by_status(
    model: type[Model], statuses: Collection[str], *, waiting: Collection[str]
) -> dict[str, int]:
    """
    Return how many rows of ``model`` have each of ``statuses``, including those with none.

    In a table of more than ``EXACT_UP_TO`` rows only those that are ``waiting`` for something are counted; an
    index has them. How many have come to their end is then what PostgreSQL's own statistics say.
    """
    rows, shares = _statistics(model)
    if rows <= EXACT_UP_TO:
        return count_exactly(model, statuses)
    estimated = {status: round(rows * shares.get(status, 0)) for status in statuses}
    return {**estimated, **count_exactly(model, waiting)}


def count_exactly(model: type[Model], statuses: Collection[str]) -> dict[str, int]:
    """Return how many rows of ``model`` have each of ``statuses``, including those with none."""
    found = model._default_manager.filter(status__in=list(statuses)).order_by()
    counts = dict(found.values_list("status").annotate(Count("pk")))
    return {status: counts.get(status, 0) for status in statuses}


def _statistics(model: type[Model]) -> tuple[int, dict[str, float]]:
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS, [model._meta.db_table])
        rows, values, shares = cursor.fetchone()
    return rows, dict(zip(values or [], shares or [], strict=True))
