"""Run random sequences of actions on a membership over two years, with events that get lost."""

import logging
from collections.abc import Iterator

import pytest

from tests.storm.memberships.machine import MembershipStorm, World
from tests.storm.seed import RUNS, play
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
    play(lambda: MembershipStorm(World(stripe)), runs=LIVES, steps=STEPS)
