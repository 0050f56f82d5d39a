"""Migrations of a shop that sells meanwhile."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db(transaction=True)

INDEXES = [("bookings", "0003_indexes"), ("payments", "0004_indexes")]


def indexes() -> dict[str, bool]:
    """Return the names of all indexes of ours, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT indexrelid::regclass::text, indisvalid FROM pg_index
             WHERE indrelid::regclass::text ~ '^(bookings|payments)_'
        """)
        return dict(cursor.fetchall())


def test_a_migration_that_was_interrupted_goes_on_where_it_was() -> None:
    before, recorder = indexes(), MigrationRecorder(connection)
    with connection.cursor() as cursor:
        # Of the first app all but two are there: one was begun, and one wasn't.
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'booking_address'::regclass"
        )
        cursor.execute("DROP INDEX event_ends")
    for migration in INDEXES:
        recorder.record_unapplied(*migration)

    try:
        call_command("migrate", verbosity=0)
    finally:
        for migration in INDEXES:
            if migration not in recorder.applied_migrations():
                recorder.record_applied(*migration)

    assert indexes() == before
    assert all(before.values())
