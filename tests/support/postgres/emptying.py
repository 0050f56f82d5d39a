"""What follows a test that commits."""

from django.db import connection
from django.test import TransactionTestCase

# What migrations have left: which models there are, and who may do what with them.
KEPT = [
    "django_migrations",
    "django_content_type",
    *("auth_permission", "auth_group", "auth_group_permissions"),
]
PAGES = 10  # PostgreSQL plans for as many in a table that was never vacuumed, however few there are.

# TRUNCATE gives each of some hundred tables and indexes a new file, and has every connection plan all of its
# queries anew. A test leaves a few rows in a few tables: to delete those takes a tenth of that. Triggers are
# off meanwhile, those of foreign keys too. The locks wait for whoever still writes, as TRUNCATE's do.
EMPTY = f"""
DO $$
DECLARE
    filled text[] := ARRAY(
        SELECT relname FROM pg_class
         WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace
           AND relname <> ALL('{{{",".join(KEPT)}}}') AND pg_relation_size(oid) > 0 ORDER BY relname);
    name text;
BEGIN
    FOREACH name IN ARRAY filled LOOP
        EXECUTE format('LOCK TABLE %I IN EXCLUSIVE MODE', name);
    END LOOP;
    SET LOCAL session_replication_role = replica;
    FOREACH name IN ARRAY filled LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""
TRUNCATE = f"""
DO $$ BEGIN
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(relname), ', ' ORDER BY relname) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace
           AND relname <> ALL('{{{",".join(KEPT)}}}'));
END $$
"""
MAY_DELETE = f"""
SELECT current_setting('is_superuser')::bool AND NOT EXISTS (
    SELECT FROM pg_class
     WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace
       AND relname <> ALL('{{{",".join(KEPT)}}}')
       AND pg_relation_size(oid) > {PAGES} * current_setting('block_size')::int)
"""


def empty_instead_of_flushing() -> None:
    """
    Have Django leave the database after a test that commits as the migrations made it.

    Its own way takes the groups of staff along and passes over Procrastinate's tables. It makes all
    permissions anew, which takes longer than most tests.
    """
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]


def empty(_case: TransactionTestCase | None = None) -> None:
    """Delete all rows; as a user who may not switch triggers off, or if they were many, begin new files."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_DELETE)
        [may_delete] = cursor.fetchone()
        cursor.execute(EMPTY if may_delete else TRUNCATE)
