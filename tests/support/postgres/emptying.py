"""What follows a test that commits."""

from django.db import connection
from django.test import TransactionTestCase
from psycopg.sql import SQL, Identifier

# What migrations have left: which models there are, and who may do what with them.
KEPT = {
    "django_migrations",
    "django_content_type",
    *("auth_permission", "auth_group", "auth_group_permissions"),
}


def empty_instead_of_flushing() -> None:
    """
    Have Django leave the database after a test that commits as the migrations made it.

    Its own way takes the groups of staff along and passes over Procrastinate's tables. It makes all
    permissions anew, which takes longer than most tests.
    """
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]


def _empty(_case: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        tables = sorted({*connection.introspection.table_names(cursor)} - KEPT)
        cursor.execute(SQL("TRUNCATE {}").format(SQL(", ").join(map(Identifier, tables))))
