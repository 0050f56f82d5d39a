"""Migrations of a shop that sells meanwhile: interrupted, and with processes that run on."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import NotSupportedError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from config.database.compiled import CompiledQuery
from payments.models import Payment
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver

pytestmark = pytest.mark.django_db(transaction=True)

INDEXES = [("bookings", "0003_indexes"), ("payments", "0004_indexes")]
# What depends on them.
LATER = [
    ("payments", "0005_restore"),
    ("bookings", "0004_mail"),
    ("customers", "0003_mail"),
    ("payments", "0006_mail"),
]


def indexes() -> dict[str, bool]:
    """Return the names of all indexes of ours, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT indexrelid::regclass::text, indisvalid FROM pg_index
             WHERE indrelid::regclass::text ~ '^(bookings|payments)_'
        """)
        return dict(cursor.fetchall())


@contextmanager
def other_process() -> Iterator[psycopg.Connection]:
    keys = ("host", "port", "user", "password", "dbname")
    address = {key: value for key, value in connection.get_connection_params().items() if key in keys}
    with psycopg.connect(**address, autocommit=True) as other:
        yield other


@contextmanager
def column_changed(table: str, column: str, *, size: int) -> Iterator[None]:
    """Let a migration by another process make a column one longer than its ``size``, during the block."""
    change = f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar(%s)"
    with other_process() as other:
        other.execute(change % (size + 1))
        try:
            yield
        finally:
            other.execute(change % size)


def test_a_migration_that_was_interrupted_goes_on_where_it_was() -> None:
    before, recorder = indexes(), MigrationRecorder(connection)
    with connection.cursor() as cursor:
        # Of the first app all but two are there: one was begun, and one wasn't.
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'booking_address'::regclass"
        )
        cursor.execute("DROP INDEX event_ends")
    for migration in [*INDEXES, *LATER]:
        recorder.record_unapplied(*migration)

    try:
        for migration in INDEXES:
            call_command("migrate", *migration, verbosity=0)
    finally:
        for migration in [*INDEXES, *LATER]:
            if migration not in recorder.applied_migrations():
                recorder.record_applied(*migration)

    assert indexes() == before
    assert all(before.values())


def test_a_process_plans_anew_after_a_migration_has_changed_a_column(event: object) -> None:
    query = CompiledQuery(lambda: Payment.objects.with_booking().filter(session_id=""))
    for _ in range(4):
        query.fetch("cs_unknown")

    for _ in range(2):
        with column_changed("bookings_booking", "name", size=200):
            assert query.fetch("cs_unknown") == []
        assert query.fetch("cs_unknown") == []
        query.fetch("cs_unknown")


def test_a_transaction_ends_once_and_the_next_plans_anew(event: object) -> None:
    query = CompiledQuery(lambda: Payment.objects.with_booking().filter(session_id=""))
    for _ in range(4):
        query.fetch("cs_unknown")

    with column_changed("bookings_booking", "name", size=200):
        with pytest.raises(NotSupportedError), transaction.atomic():
            query.fetch("cs_unknown")
        with transaction.atomic():
            assert query.fetch("cs_unknown") == []


@pytest.mark.parametrize(
    ("table", "column", "size"), [("payments_payment", "error_message", 300), ("bookings_seat", "label", 20)]
)
def test_an_event_is_applied_though_a_migration_has_changed_a_column(
    table: str, column: str, size: int, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    for _ in range(4):
        earlier = buy(quantity=1)
        stripe.pay(earlier.session_id)
        deliver("completed", earlier)
    purchase = buy(quantity=1)
    stripe.pay(purchase.session_id)

    with column_changed(table, column, size=size):
        assert deliver("completed", purchase).json()["outcome"] == "applied"
