"""
Which storms are played, and how many: others each time, unless ``STORM_SEED`` says which.

Each storm has a seed of its own, counted from that one, so that it can be played again alone.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, run_state_machine_as_test

RUNS = int(os.environ.get("STORM_RUNS", "10"))
# Finding the shortest failing sequence takes minutes.
SHRINKS = os.environ.get("STORM_SHRINK", "0") == "1"


def choose_seed() -> None:
    """Draw a seed unless one is set; a process that is started from here on has the same."""
    if os.environ.get("STORM_SEED", "random") == "random":
        os.environ["STORM_SEED"] = str(random.randrange(1_000_000))


def seed() -> int:
    return int(os.environ["STORM_SEED"])


def command(first: int | None = None, runs: int = RUNS) -> str:
    """Return what plays the same storms again."""
    return f"make storm SEED={seed() if first is None else first} RUNS={runs}"


class Played(RuleBasedStateMachine):
    """
    A machine whose every run is drawn at random.

    Hypothesis begins with the least of everything, which says little and would be all of a single run.
    """

    @initialize(chance=st.integers(0, 2**32))
    def leave_to_chance(self, chance: int) -> None:
        assume(chance)


def play(machine: Callable[[], Played], *, runs: int, steps: int) -> None:
    """
    Play ``runs`` storms of up to ``steps`` steps. Whatever fails says how to see it again.

    They know nothing of each other: how long the sandbox and PostgreSQL take is part of a storm, so two with
    the same beginning may go different ways, which Hypothesis wouldn't forgive within one test.
    """
    for number in range(seed(), seed() + runs):
        seeded: Any = hypothesis.seed(number)(lambda: machine())
        try:
            run_state_machine_as_test(
                seeded,
                settings=hypothesis.settings(
                    max_examples=1,
                    stateful_step_count=steps,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate, *([Phase.shrink] if SHRINKS else [])],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except BaseException as error:
            error.add_note(f"To play it again: {command(number, runs=1)}")
            raise
