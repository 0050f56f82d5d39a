import logging
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.storm.log import LOG
from tests.storm.machine import Storm
from tests.storm.seed import RUNS, repeatable, seed
from tests.storm.world import Stripe, World

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
    LOG.seed = seed()

    def new_machine() -> Storm:
        return Storm(World(storm_stripe))

    machine: Any = hypothesis.seed(seed())(new_machine)
    with repeatable():
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
