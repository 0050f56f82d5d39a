"""What a migration owes to the processes that still run the version before it."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader

OURS = ["bookings", "customers", "payments"]
DEFAULTS = """
    SELECT table_name, column_name FROM information_schema.columns WHERE column_default IS NOT NULL
"""


def later_columns() -> Iterator[models.Field]:
    """Yield the fields that were added to a table which older processes know, and that can't be null."""
    for (app, _name), migration in MigrationLoader(None).disk_migrations.items():
        made = {each.name.lower() for each in migration.operations if isinstance(each, CreateModel)}
        for step in migration.operations:
            if app in OURS and isinstance(step, AddField) and step.model_name not in made:
                fields = apps.get_model(app, step.model_name)._meta.local_fields
                yield from (field for field in fields if field.name == step.name and not field.null)


def test_an_older_process_can_still_write_its_rows(db: None) -> None:
    """Its INSERT doesn't name a column that came later, so the database must know what belongs there."""
    with connection.cursor() as cursor:
        cursor.execute(DEFAULTS)
        known = set(cursor.fetchall())

    columns = {str(field): (field.model._meta.db_table, field.column) for field in later_columns()}

    assert "payments.Refund.fee" in columns
    assert [name for name, column in columns.items() if column not in known] == []
