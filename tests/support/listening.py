"""Listen to what is published with ``waiting.publishing``, as every web process does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from procrastinate.contrib.django.utils import connector_params

from waiting.publishing import CHANNEL, publish

Hear = Callable[[], set[str]]


@contextmanager
def hearing() -> Iterator[Hear]:
    """Listen during the block; yield a function that returns the topics published since its last call."""
    with psycopg.connect(**connector_params(), autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}")

        def hear() -> set[str]:
            publish("that is all")
            topics = set()
            for notification in ear.notifies():
                if notification.payload == "that is all":
                    break
                topics.add(notification.payload)
            return topics

        yield hear
