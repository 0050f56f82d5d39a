"""Indexes for tables that grow, built while customers buy."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently

# None if there is no such index.
IS_VALID = "SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s))"


class AddIndexBesideTraffic(AddIndexConcurrently):
    """
    ``CREATE INDEX CONCURRENTLY``, which goes on where an interrupted migration has left off.

    There is no transaction around it: when it is interrupted, the indexes before it stay, and it leaves one
    that PostgreSQL calls ``INVALID``, updates and never reads. The first are kept, that one is made anew.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        name = schema_editor.quote_name(self.index.name)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(IS_VALID, [name])
            (is_valid,) = cursor.fetchone()
        if is_valid:
            return
        if is_valid is False:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class RemoveIndexBesideTraffic(RemoveIndexConcurrently):
    """``DROP INDEX CONCURRENTLY``, which an interrupted migration may have done before."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.name)}")
