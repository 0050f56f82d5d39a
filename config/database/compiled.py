"""
Statements of hot paths, compiled once: to write a statement takes Django five times as long as to run it.

PostgreSQL plans them once for each connection, too, unless a pooler is in between (``prepare_threshold`` in
the settings). Otherwise they are what Django's own would be, but for signals, which are not sent.
"""

import functools
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, NotSupportedError, connections, models
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)


def execute(sql: str, values: Sequence[Any]) -> Any:
    """
    Run a statement in Django's connection, with ``values`` bound by PostgreSQL, and return its cursor.

    Raise ``NotSupportedError`` if a migration has changed a column since this connection's plan was made, and
    there is a transaction, which this ends. Once it has rolled back, the statement is planned anew.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        own: Any = ServerBindingCursor
        cursor = connection._prepare_cursor(own(connection.connection))  # As Django makes its cursors.
    try:
        cursor.execute(sql, values)
    except NotSupportedError:
        if connection.in_atomic_block:
            raise
        cursor.execute("DEALLOCATE ALL")  # psycopg forgets the plans as well, as it does with a ROLLBACK.
        cursor.execute(sql, values)
    return cursor


class CompiledQuery(Generic[Row]):
    """
    A queryset whose SQL is kept, to be run with other values.

    ``build`` returns the queryset, with an example of each value; what counts is its type, and how many an
    ``in`` has. ``fetch`` takes the values in the order in which the SQL has them. Columns that are joined or
    annotated come along.
    """

    def __init__(self, build: Callable[[], "models.QuerySet[Row]"]) -> None:
        self._build = build

    def fetch(self, *values: Any) -> list[Row]:
        """Run the query with these ``values``, and return the rows."""
        with execute(self._compiled.sql, values) as cursor:
            return [self._compiled.instance_of(row) for row in cursor.fetchall()]

    @cached_property
    def _compiled(self) -> "_Compiled[Row]":
        return _Compiled(self._build())


class _Compiled(Generic[Row]):
    """The SQL of a queryset, and how its rows become instances: as in Django's own ``ModelIterable``."""

    def __init__(self, queryset: "models.QuerySet[Row]") -> None:
        compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, _examples = compiler.as_sql()
        self._model, places = queryset.model, compiler.klass_info["select_fields"]
        self._own = slice(places[0], places[-1] + 1)
        self._names = [column[0].target.attname for column in compiler.select[self._own]]
        populators: Any = get_related_populators
        self._related = populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)
        self._annotated = compiler.annotation_col_map
        self._converters = compiler.get_converters([column[0] for column in compiler.select])

    def instance_of(self, columns: tuple[Any, ...]) -> Row:
        row = list(columns)
        for place, (converters, expression) in self._converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, connections[DEFAULT_DB_ALIAS])
        instance = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for name, place in self._annotated.items():
            setattr(instance, name, row[place])
        for related in self._related:
            related.populate(row, instance)
        return instance


def insert(*rows: models.Model) -> None:
    """Save new ``rows`` of one model by one statement, and set their ids, as ``bulk_create`` does."""
    sql, fields = _insert(type(rows[0]))
    groups = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    with execute(f"{sql} VALUES {groups} RETURNING id", _values(rows, fields, is_new=True)) as cursor:
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, DEFAULT_DB_ALIAS


def update(row: models.Model, names: tuple[str, ...], *, also: models.Model | None = None) -> None:
    """
    Save the fields ``names`` of ``row``, as ``save(update_fields=names)`` does.

    ``also`` is a new row that the same statement inserts; its id stays unknown.
    """
    sql, fields = _update(type(row), names)
    values = [*_values([row], fields, is_new=False), row.pk]
    if also is not None:
        into, its_fields = _insert(type(also))
        sql = f"WITH also AS ({into} VALUES ({', '.join(['%s'] * len(its_fields))})) {sql}"
        values = [*_values([also], its_fields, is_new=True), *values]
    with execute(sql, values) as cursor:
        if cursor.rowcount != 1:
            raise DatabaseError(f"There is no {row!r} to update.")


@functools.cache
def _insert(model: type[models.Model]) -> "tuple[str, list[models.Field[Any, Any]]]":
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({names})', fields


@functools.cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> "tuple[str, list[models.Field[Any, Any]]]":
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)
    table, key = model._meta.db_table, model._meta.pk.column
    return f'UPDATE "{table}" SET {changes} WHERE "{key}" = %s', fields  # noqa: S608  # names of our own


def _values(
    rows: Sequence[models.Model], fields: "Sequence[models.Field[Any, Any]]", *, is_new: bool
) -> list[Any]:
    """Return what is stored of ``fields``; times that are set by themselves are set on the rows."""
    connection = connections[DEFAULT_DB_ALIAS]
    return [
        field.get_db_prep_save(field.pre_save(row, is_new), connection=connection)
        for row in rows
        for field in fields
    ]
