"""One condition of several, each of which PostgreSQL looks for with an index of its own."""

from typing import Any

from django.db.models import Q, QuerySet


def either(first: QuerySet[Any], *others: QuerySet[Any], most: int | None = None) -> Q:
    """
    Return the condition for the rows that are in one of these querysets of their model, ``most`` of each.

    An OR over several tables or columns would have PostgreSQL read all rows.
    """
    parts = [rows.order_by().values("pk")[:most] for rows in (first, *others)]
    return Q(pk__in=parts[0].union(*parts[1:]))
