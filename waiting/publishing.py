"""Tell all web processes that a resource has changed (NOTIFY)."""

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

CHANNEL = "admit"


def publish(topic: str) -> None:
    """
    Wake the requests that wait for ``topic`` in all processes, once the current transaction has committed.

    NOTIFY runs in a transaction of its own, because PostgreSQL lets transactions with NOTIFY commit only one
    at a time. If the process dies before it, pages notice the change when their wait ends.
    """
    publish_all([topic])


def publish_all(topics: Collection[str]) -> None:
    """Publish many ``topics``, like ``publish``. Those of one transaction go out in one statement."""
    hooks: list[Any] = connection.run_on_commit
    for savepoints, hook, _is_robust in hooks:
        # Those of another savepoint may be rolled back without these.
        if isinstance(hook, Publication) and savepoints == set(connection.savepoint_ids):
            hook.topics.update(dict.fromkeys(topics))
            return
    transaction.on_commit(Publication(topics), robust=True)


class Publication:
    """What a transaction has changed, to be told once it has committed."""

    def __init__(self, topics: Collection[str]) -> None:
        self.topics = dict.fromkeys(topics)
        self.__qualname__ = type(self).__qualname__  # by which Django names a hook that has failed

    def __call__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic", [CHANNEL, [*self.topics]]
            )
