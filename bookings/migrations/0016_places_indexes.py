"""Indexes for what is for sale, and seats that are unique in the row of their area."""

from typing import Any

from django.db import migrations, models

from config.database.indexes import IS_VALID, LOCK_WITHIN, AddIndexBesideTraffic, RemoveIndexBesideTraffic

NAME = "seat_unique_in_its_row"
BUILD = f"""
    CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON bookings_seat (event_id, area_id, row, number)
     NULLS NOT DISTINCT
"""
ADOPT = f"""
    ALTER TABLE bookings_seat DROP CONSTRAINT IF EXISTS seat_place_unique,
          ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}
"""
IS_ADOPTED = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = %s)"


def replace_constraint(apps: Any, schema_editor: Any) -> None:
    """Build the index beside traffic, or go on where that was interrupted, and make it the constraint."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(IS_ADOPTED, [NAME])
        (is_adopted,) = cursor.fetchone()
        cursor.execute(IS_VALID, [NAME])
        (is_valid,) = cursor.fetchone()
    if is_adopted:
        return
    schema_editor.execute("SET lock_timeout = 0")
    if is_valid is False:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY {NAME}")
    if not is_valid:
        schema_editor.execute(BUILD)
    schema_editor.execute("SET lock_timeout = %s", [f"{LOCK_WITHIN}s"])
    schema_editor.execute(ADOPT)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0015_places'),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='seat',
            index=models.Index(condition=models.Q(('booking', None), ('state', 'for_sale')), fields=['event', 'area', 'number'], name='seat_for_sale'),
        ),
        RemoveIndexBesideTraffic(
            model_name='seat',
            name='seat_free',
        ),
        AddIndexBesideTraffic(
            model_name='seat',
            index=models.Index(condition=models.Q(('type__isnull', False)), fields=['type'], name='seat_of_type'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(condition=models.Q(('code__isnull', False)), fields=['code'], name='booking_with_code'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(replace_constraint, migrations.RunPython.noop)],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='seat',
                    name='seat_place_unique',
                ),
                migrations.AddConstraint(
                    model_name='seat',
                    constraint=models.UniqueConstraint(fields=('event', 'area', 'row', 'number'), name=NAME, nulls_distinct=False),
                ),
            ],
        ),
    ]
