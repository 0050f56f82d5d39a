"""Run random sequences of actions and failures, and compare the shop with Stripe after each."""

import logging
from collections.abc import Iterator

import pytest

from tests.storm.log import LOG
from tests.storm.machine import Storm
from tests.storm.seed import RUNS, play, seed
from tests.storm.world import Stripe, World

STEPS = 30


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Disable logging, because intended failures would fill the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.django_db(transaction=True)
def test_after_every_storm_both_books_tell_one_story(storm_stripe: Stripe) -> None:
    LOG.seed = seed()

    play(lambda: Storm(World(storm_stripe)), runs=RUNS, steps=STEPS)
