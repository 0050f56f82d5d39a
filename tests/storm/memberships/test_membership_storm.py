"""Run random sequences of actions on a membership over two years, with events that get lost."""

import logging
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.storm.memberships.machine import MembershipStorm, World
from tests.storm.seed import RUNS, repeatable, seed
from tests.support.sandbox import Sandbox

LIVES = max(1, RUNS // 20)  # each takes as long as twenty storms
STEPS = 60


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.django_db
def test_after_two_years_both_books_tell_one_story(stripe: Sandbox) -> None:
    def new_machine() -> MembershipStorm:
        return MembershipStorm(World(stripe))

    machine: Any = hypothesis.seed(seed())(new_machine)
    with repeatable():
        run_state_machine_as_test(
            machine,
            settings=hypothesis.settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
