"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60  # s; far more than a busy machine takes, and only what fails waits for so long

Found = TypeVar("Found")


def wait_for(find: Callable[[], Found], what: str) -> Found:
    """Return what ``find`` returns as soon as that is something; fail, saying ``what``, if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what}: not so after {PATIENCE} s."
        time.sleep(0.02)
    return found
