"""Wait for other processes."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60  # s; far more than a busy machine needs, so only a failing test waits that long

Found = TypeVar("Found")


def wait_for(find: Callable[[], Found], what: str) -> Found:
    """Call ``find`` until its result is true, and return that; fail with ``what`` after ``PATIENCE``."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what}: not so after {PATIENCE} s."
        time.sleep(0.02)
    return found
