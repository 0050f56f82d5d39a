"""Tell all web processes that a resource has changed (NOTIFY)."""

from collections.abc import Collection

from django.db import connection, transaction

CHANNEL = "admit"


def publish(topic: str) -> None:
    """
    Wake the requests that wait for ``topic`` in all processes, once the current transaction has committed.

    NOTIFY runs in a transaction of its own, because PostgreSQL lets transactions with NOTIFY commit only one
    at a time. If the process dies before it, pages notice the change when their wait ends.
    """
    transaction.on_commit(lambda: _notify(topic), robust=True)


def publish_all(topics: Collection[str]) -> None:
    """Publish many ``topics`` in one statement, like ``publish``."""
    transaction.on_commit(lambda: _notify_all(topics), robust=True)


def _notify(topic: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])


def _notify_all(topics: Collection[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic", [CHANNEL, [*topics]])
