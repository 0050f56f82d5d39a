from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.dev.process_group import Processes, answers
from payments.gateway.client import stripe_client
from tests.storm.actors import strikes
from tests.storm.log import LOG
from tests.storm.world import Stripe
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.shop import KEY, UNLIMITED

# Longer than a run takes, so that only actions let time pass.
SLOW = ("--debit-delay", "600", "--refund-delay", "600", "--dispute-delay", "60")


@pytest.fixture
def storm_stripe(tmp_path: Path, settings: Any, db: None) -> Iterator[Stripe]:
    """The sandbox, and a database whose writes can be made to fail."""
    port = free_port()
    state = ("--state", str(tmp_path / "state.sqlite3"))
    strikes.install()
    execute("SET synchronous_commit TO off")  # Faster; PostgreSQL itself isn't killed here.
    with Processes({}, logs=tmp_path) as processes:
        processes.start("sandbox", "sandbox", "--port", str(port), *state, "--key", KEY, *UNLIMITED, *SLOW)
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        stripe = Stripe(f"http://127.0.0.1:{port}", KEY)
        settings.STRIPE_API_BASE, settings.STRIPE_RETRIES = stripe.url, 0
        stripe_client.cache_clear()
        yield stripe
        stripe_client.cache_clear()
        stripe.close()
    execute("RESET synchronous_commit")
    strikes.remove()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if LOG.runs:
        terminalreporter.section("the storm")
        for line in LOG.lines():
            terminalreporter.write_line(line)
