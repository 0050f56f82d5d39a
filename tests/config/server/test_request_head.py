import asyncio
from typing import Any

import pytest

from config.server.request_head import RequestHeadMiddleware

Headers = list[tuple[bytes, bytes]]


def ask(*, path: str = "/", query: bytes = b"", headers: Headers | None = None) -> tuple[int, list[Any]]:
    """Return how often the application was asked, and what was answered without it."""
    asked, sent = [], []

    async def app(*request: Any) -> None:
        asked.append(request)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "query_string": query, "headers": headers or []}
    asyncio.run(RequestHeadMiddleware(app)(scope, app, send))  # type: ignore[arg-type]
    return len(asked), sent


@pytest.mark.parametrize(
    "usual",
    [
        {"path": "/" + "x" * 3_999, "query": b"x" * 4_000},
        {"headers": [(b"if-none-match", b"x" * 4_000), (b"cookie", b"x" * 8_000)]},
        {"headers": [(b"x", b"y")] * 100},
    ],
)
def test_what_people_and_programs_send_is_passed_on(usual: Any) -> None:
    assert ask(**usual) == (1, [])


@pytest.mark.parametrize(
    ("monster", "status", "code"),
    [
        ({"query": b"x" * 100_000}, 414, b"address_too_long"),
        ({"path": "/" + "x" * 8_000}, 414, b"address_too_long"),
        ({"headers": [(b"if-none-match", b'"x",' * 10_000)]}, 431, b"headers_too_large"),
        ({"headers": [(b"accept-language", b"de-x-" * 4_000)]}, 431, b"headers_too_large"),
        ({"headers": [(b"cookie", b"a=b; " * 4_000)]}, 431, b"headers_too_large"),
        ({"headers": [(b"range", b"bytes=" + b"0-1," * 5_000)]}, 431, b"headers_too_large"),
        ({"headers": [(b"x", b"y")] * 101}, 431, b"headers_too_large"),
    ],
)
def test_monsters_are_refused_before_anything_looks_at_them(monster: Any, status: int, code: bytes) -> None:
    asked, sent = ask(**monster)

    assert (asked, sent[0]["status"], code in sent[1]["body"]) == (0, status, True)
    assert {(b"cache-control", b"no-store"), (b"connection", b"close")} < {*sent[0]["headers"]}
