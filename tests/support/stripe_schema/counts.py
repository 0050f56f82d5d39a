"""Say at the end of a test run how much was held against Stripe's two schemas."""

from collections import Counter

import pytest

from tests.support.stripe_schema import check, declared

OF_WORKERS: Counter[str] = Counter()
OUTPUT = "stripe_schema"


def counted() -> Counter[str]:
    """Return the replies and events of this process, and the objects in them by kind."""
    return check.CHECKED + Counter({f"kind {kind}": count for kind, count in declared.load().checked.items()})


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[OUTPUT] = dict(counted())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    OF_WORKERS.update(getattr(node, "workeroutput", {}).get(OUTPUT, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    total = counted() + OF_WORKERS
    if total:
        terminalreporter.write_line(sentence(total))


def sentence(total: Counter[str]) -> str:
    kinds = [count for kind, count in total.items() if kind.startswith("kind ")]
    return (
        f"Held against both of Stripe's schemas: {total['replies']} replies and {total['events']} events, "
        f"with {sum(kinds)} objects of {len(kinds)} kinds in them."
    )
