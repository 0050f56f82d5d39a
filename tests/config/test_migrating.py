"""Migrations of a shop that sells meanwhile: interrupted, and with processes that run on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import NotSupportedError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.database.compiled import CompiledQuery
from config.management.commands import migrate
from payments.models import Payment
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver

pytestmark = pytest.mark.django_db(transaction=True)

INDEXES = [("bookings", "0003_indexes"), ("payments", "0004_indexes"), ("bookings", "0004_names")]


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
    graph = MigrationLoader(connection).graph
    undone = {later for migration in INDEXES for later in graph.backwards_plan(migration)}
    with connection.cursor() as cursor:
        # Of the first app all but two are there: one was begun, and one wasn't.
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'booking_address'::regclass"
        )
        cursor.execute("DROP INDEX event_ends")
    for migration in undone:
        recorder.record_unapplied(*migration)

    try:
        for migration in INDEXES:
            call_command("migrate", *migration, verbosity=0)
    finally:
        for migration in undone:
            if migration not in recorder.applied_migrations():
                recorder.record_applied(*migration)

    assert indexes() == before
    assert all(before.values())


@contextmanager
def sessions_in_use() -> Iterator[psycopg.Connection]:
    """Let another process have read the table of sessions, in a transaction that it hasn't ended."""
    with other_process() as other:
        other.execute("BEGIN")
        other.execute("SELECT FROM django_session")
        try:
            yield other
        finally:
            other.execute("ROLLBACK")
            call_command("migrate", "sessions", verbosity=0)


def test_a_migration_lets_others_go_first_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migrate.LIMITS, "lock_timeout", "100ms")
    said, pauses = StringIO(), []

    with sessions_in_use() as other:

        def pause(seconds: int) -> None:
            pauses.append(seconds)
            other.execute("SELECT FROM django_session")  # Nobody stands in line for it.
            if len(pauses) == 2:
                other.execute("ROLLBACK")

        monkeypatch.setattr(time, "sleep", pause)
        call_command("migrate", "sessions", "zero", verbosity=0, stderr=said)
        monkeypatch.undo()

        assert "django_session" not in connection.introspection.table_names()
    assert (pauses, said.getvalue().count("A table is in use")) == ([1, 2], 2)
    assert shown("lock_timeout") == "0"  # as before


def test_a_migration_gives_up_at_last_and_says_who_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migrate.LIMITS, "lock_timeout", "10ms")
    monkeypatch.setattr(migrate, "TRIES", 2)

    with sessions_in_use() as other:
        monkeypatch.setattr(time, "sleep", lambda seconds: other.execute("SELECT pg_sleep(1.1)"))
        with pytest.raises(CommandError, match=f"Open transactions: .*{other.info.backend_pid} for"):
            call_command("migrate", "sessions", "zero", verbosity=0, stderr=StringIO())


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


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
    ("table", "column", "size"), [("payments_payment", "error_message", 300), ("bookings_seat", "label", 60)]
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
