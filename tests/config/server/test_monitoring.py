"""Those who watch a process have a thread of their own, which strangers can't keep busy."""

import asyncio
from typing import Any

import pytest

from config.server.monitoring import MonitoringLayer

Headers = list[tuple[bytes, bytes]]


def who_answers(path: str, client: tuple[str, int] | None, headers: Headers) -> list[str]:
    """Return which of the applications is asked, if any is."""
    asked: list[str] = []

    def named(name: str) -> Any:
        async def app(*request: Any) -> None:
            asked.append(name)

        return app

    scope = {"type": "http", "path": path, "client": client, "headers": headers}
    layer = MonitoringLayer(named("all"), watched=named("watched"))
    asyncio.run(layer(scope, named("receive"), named("send")))
    return asked


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize("client", [("127.0.0.1", 40_000), ("10.0.0.5", 40_000)])
def test_watchers_have_a_thread_of_their_own(path: str, client: tuple[str, int]) -> None:
    assert who_answers(path, client, [(b"host", b"10.0.0.5:8001")]) == ["watched"]


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize(
    ("client", "headers"),
    [
        pytest.param(("127.0.0.1", 40_000), [(b"x-forwarded-for", b"203.0.113.7")], id="through our proxy"),
        pytest.param(("10.0.0.9", 40_000), [(b"via", b"1.1 x")], id="through one that isn't listed"),
        pytest.param(("203.0.113.7", 40_000), [], id="straight"),
        pytest.param(None, [], id="over a socket without addresses"),
    ],
)
def test_strangers_wait_with_all_others(path: str, client: tuple[str, int] | None, headers: Headers) -> None:
    assert who_answers(path, client, headers) == ["all"]
