"""Which storms are played, and how many: others each time, unless ``STORM_SEED`` says which."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

RUNS = int(os.environ.get("STORM_RUNS", "12"))


def choose_seed() -> None:
    """Draw a seed unless one is set; a process that is started from here on has the same."""
    if os.environ.get("STORM_SEED", "random") == "random":
        os.environ["STORM_SEED"] = str(random.randrange(1_000_000))


def seed() -> int:
    return int(os.environ["STORM_SEED"])


def command() -> str:
    """Return what plays the same storms again."""
    return f"make storm SEED={seed()} RUNS={RUNS}"


@contextmanager
def repeatable() -> Iterator[None]:
    """Have whatever fails in the block say how to see it again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"To play it again: {command()}")
        raise
