"""Telling every process that a resource has changed."""

from collections.abc import Collection

from django.db import connection, transaction

CHANNEL = "admit"


def publish(topic: str) -> None:
    """
    Wake whoever waits for ``topic``, after the running transaction has committed.

    The notification travels in a transaction of its own: inside the writing one it would serialise commits.
    If the process dies in between, it is lost, which costs the waiting pages the rest of their wait.
    """
    transaction.on_commit(lambda: _notify(topic), robust=True)


def publish_all(topics: Collection[str]) -> None:
    """Do what ``publish`` does for each of many ``topics``, in one statement."""
    transaction.on_commit(lambda: _notify_all(topics), robust=True)


def _notify(topic: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])


def _notify_all(topics: Collection[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic", [CHANNEL, [*topics]])
