from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox.support.process import Receiver, Sandbox


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "state.sqlite3", "--retries", "fast")
    yield sandbox
    sandbox.stop()
    assert sandbox.log.read_text() == ""  # Failed timers show only here.


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """An empty sandbox. Its requests, replies and events are checked against Stripe's schema afterwards."""
    shared_sandbox.control("reset")
    yield shared_sandbox
    assert shared_sandbox.problems() == []


@pytest.fixture(scope="session")
def shared_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def receiver(shared_receiver: Receiver) -> Receiver:
    shared_receiver.reset()
    return shared_receiver


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with other options, all on one state file."""
    started: list[Sandbox] = []

    def start_one(*options: str) -> Sandbox:
        started.append(Sandbox(tmp_path / "state.sqlite3", *options))
        return started[-1]

    yield start_one
    problems = []
    for sandbox in started:
        if sandbox.process.poll() is None:
            try:
                problems += sandbox.problems()
            finally:
                sandbox.stop()
    assert problems == []
