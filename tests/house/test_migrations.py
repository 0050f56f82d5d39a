"""What a migration owes to the processes that still run the version before it."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from django.apps import apps
from django.db import connection, models
from django.db.migrations import AddField, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader

OURS = ["bookings", "customers", "payments"]
DEFAULTS = """
    SELECT table_name, column_name FROM information_schema.columns WHERE column_default IS NOT NULL
"""


class Late(Migration):
    """Adds a column with a default in the database, one without any, and one that may be null."""

    operations: ClassVar = [
        AddField("refund", "fee", models.PositiveBigIntegerField(default=0, db_default=0)),
        AddField("refund", "origin", models.CharField(max_length=12)),
        AddField("refund", "refund_id", models.CharField(max_length=255, null=True)),
    ]


def later_columns(migrations: Iterable[Migration]) -> Iterator[models.Field]:
    """Yield the fields that were added to a table which older processes know, and that can't be null."""
    for migration in migrations:
        made = {each.name.lower() for each in migration.operations if isinstance(each, CreateModel)}
        for step in migration.operations:
            if migration.app_label in OURS and isinstance(step, AddField) and step.model_name not in made:
                fields = apps.get_model(migration.app_label, step.model_name)._meta.local_fields
                yield from (field for field in fields if field.name == step.name and not field.null)


def without_default(fields: Iterable[models.Field]) -> list[str]:
    """Return the names of those ``fields`` for which the database knows no default."""
    with connection.cursor() as cursor:
        cursor.execute(DEFAULTS)
        known = set(cursor.fetchall())
    return [str(field) for field in fields if (field.model._meta.db_table, field.column) not in known]


def test_an_older_process_can_still_write_its_rows(db: None) -> None:
    """Its INSERT doesn't name a column that came later, so the database must know what belongs there."""
    assert without_default(later_columns(MigrationLoader(None).disk_migrations.values())) == []


def test_a_column_that_would_stop_an_older_process_is_found(db: None) -> None:
    late = Late("0002_late", "payments")

    assert [str(field) for field in later_columns([late])] == [
        "payments.Refund.fee",
        "payments.Refund.origin",
    ]
    assert without_default(later_columns([late])) == ["payments.Refund.origin"]
