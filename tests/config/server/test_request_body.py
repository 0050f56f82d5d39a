import asyncio
from typing import Any

import pytest

from config.server import request_body
from config.server.request_body import RequestBodyMiddleware

Message = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
CHUNKED = [(b"transfer-encoding", b"chunked")]


class Echo:
    """An application that tells the headers and the body it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[Headers, Message]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append((scope["headers"], await receive()))


def ask(headers: Headers, *messages: Message, path: str = "/") -> tuple[Echo, list[Message]]:
    """Send a request that arrives in ``messages`` and then goes silent; return who saw it and the answer."""
    echo, sent, arriving = Echo(), [], list(messages)

    async def receive() -> Message:
        if not arriving:
            await asyncio.sleep(60)
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(RequestBodyMiddleware(echo)(scope, receive, send))  # type: ignore[arg-type]
    return echo, sent


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_parts_is_handed_on_whole_and_with_its_length() -> None:
    echo, _ = ask([*CHUNKED, (b"x", b"y")], part(b"ab", more=True), part(b"", more=True), part(b"c"))

    assert echo.seen == [([(b"x", b"y"), (b"content-length", b"3")], part(b"abc"))]


def test_a_request_without_a_body_is_handed_on_as_it_is() -> None:
    echo, _ = ask([(b"host", b"x")], part(b""))

    assert echo.seen == [([(b"host", b"x")], part(b""))]


def test_a_body_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "READ_WITHIN", 0.05)

    echo, sent = ask([(b"content-length", b"9")], part(b"ab", more=True))

    assert echo.seen == []
    assert (sent[0]["status"], b"too_slow" in sent[1]["body"]) == (408, True)
    assert (b"cache-control", b"no-store") in sent[0]["headers"]


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/checkout", 65_536),
        ("/events/demo-night/checkout/", 65_536),
        ("/admin/login/", 262_144),
        ("/admin/bookings/event/1/change/", 16_777_216),
        ("/admin/branding/shop/add/", 16_777_216),
        ("/api/webhook/stripe", 2_621_440),
    ],
)
def test_each_address_takes_bodies_up_to_its_limit(path: str, most: int) -> None:
    whole, _ = ask(CHUNKED, part(b"x" * most), path=path)
    echo, sent = ask(CHUNKED, part(b"x" * most, more=True), part(b"x", more=True), path=path)

    assert (len(whole.seen), echo.seen) == (1, [])
    assert (sent[0]["status"], b"too_large" in sent[1]["body"]) == (413, True)
    assert {(b"cache-control", b"no-store"), (b"connection", b"close")} < {*sent[0]["headers"]}


def test_few_upload_at_once() -> None:
    """Bodies are in memory, and nobody has said yet who sends them."""
    heads = {"type": "http", "method": "POST", "path": "/admin/branding/shop/add/"}
    large, small = [(b"content-length", b"300000")], [(b"content-length", b"3")]
    statuses: list[int] = []

    async def never() -> Message:
        await asyncio.sleep(60)
        return part(b"")

    async def at_once() -> Message:
        return part(b"abc")

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    async def crowd() -> int:
        echo = Echo()
        app: Any = RequestBodyMiddleware(echo)
        waiting = [
            asyncio.create_task(app({**heads, "headers": large}, never, send))
            for _ in range(request_body.UPLOADS_AT_ONCE)
        ]
        await asyncio.sleep(0)
        await app({**heads, "headers": large}, at_once, send)
        await app({**heads, "headers": small}, at_once, send)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await app({**heads, "headers": large}, at_once, send)
        return len(echo.seen)

    assert asyncio.run(crowd()) == 2
    assert statuses == [503, 0]


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_comes() -> None:
    echo, sent = ask([(b"content-length", b"65537")])

    assert (echo.seen, sent[0]["status"]) == ([], 413)


def test_a_client_that_goes_away_halfway_is_forgotten() -> None:
    echo, sent = ask(CHUNKED, part(b"a", more=True), {"type": "http.disconnect"})

    assert (echo.seen, sent) == ([], [])


def test_a_header_that_only_looks_like_a_proxys_is_dropped() -> None:
    echo, _ = ask([(b"x-forwarded-for", b"1"), (b"x_forwarded_for", b"2")], part(b""))

    assert echo.seen[0][0] == [(b"x-forwarded-for", b"1")]
