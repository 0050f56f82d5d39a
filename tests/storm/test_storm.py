import logging
import os
import random
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.storm.log import LOG
from tests.storm.machine import Storm
from tests.storm.world import Stripe, World

# The number of runs, and the seed: fixed by default, so that builds don't fail by chance.
RUNS = int(os.environ.get("STORM_RUNS", "100"))
SEED = os.environ.get("STORM_SEED", "20261121")
STEPS = 30
# Finding the shortest failing sequence takes minutes.
SHRINKS = os.environ.get("STORM_SHRINK", "1") == "1"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Disable logging, because intended failures would fill the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.django_db(transaction=True)
def test_after_every_storm_both_books_tell_one_story(storm_stripe: Stripe) -> None:
    LOG.seed = random.randrange(1_000_000) if SEED == "random" else int(SEED)

    def new_machine() -> Storm:
        return Storm(World(storm_stripe))

    machine: Any = hypothesis.seed(LOG.seed)(new_machine)
    run_state_machine_as_test(
        machine,
        settings=hypothesis.settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=[Phase.generate, *([Phase.shrink] if SHRINKS else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
