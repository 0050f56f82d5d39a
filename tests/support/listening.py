"""Hearing what is announced to those who wait, as every process hears it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from procrastinate.contrib.django.utils import connector_params

from waiting.announcements import CHANNEL, announce

Hear = Callable[[], set[str]]


@contextmanager
def hearing() -> Iterator[Hear]:
    """Listen, and give a function that returns the topics announced since it was last called."""
    with psycopg.connect(**connector_params(), autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}")

        def hear() -> set[str]:
            announce("that is all")
            topics = set()
            for notification in ear.notifies():
                if notification.payload == "that is all":
                    break
                topics.add(notification.payload)
            return topics

        yield hear
