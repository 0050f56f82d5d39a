"""What a migration owes to the processes that still run the version before it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader

OURS = ["bookings", "customers", "payments"]
DEFAULT = "SELECT column_default FROM information_schema.columns WHERE table_name = %s AND column_name = %s"


def later_columns() -> Iterator[models.Field]:
    """Yield the fields that were added to a table which older processes know, and that can't be null."""
    for (app, _name), migration in MigrationLoader(None).disk_migrations.items():
        made = {each.name.lower() for each in migration.operations if isinstance(each, CreateModel)}
        for step in migration.operations:
            if app in OURS and isinstance(step, AddField) and step.model_name not in made:
                field = apps.get_model(app, step.model_name)._meta.get_field(step.name)
                if isinstance(field, models.Field) and not field.null:
                    yield field


@pytest.mark.django_db
@pytest.mark.parametrize("field", list(later_columns()), ids=str)
def test_an_older_process_can_still_write_its_rows(field: models.Field) -> None:
    """Its INSERT doesn't name a column that came later, so the database must know what belongs there."""
    with connection.cursor() as cursor:
        cursor.execute(DEFAULT, [field.model._meta.db_table, field.column])
        ((default,),) = cursor.fetchall()

    assert default is not None


def test_there_are_such_columns() -> None:
    assert "payments.Refund.fee" in [str(field) for field in later_columns()]
