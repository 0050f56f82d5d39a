"""Connections that mean no good are cut by the server itself, without a proxy in front."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from config.server import protocol
from config.server.protocol import REFUSED, Protocol, network_of
from tests.support.patience import PATIENCE

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 8_000_000  # bytes: more than the buffers of a socket
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with as many bytes as the path says."""
    body = b"x" * int(scope["path"][1:] or 2)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Connect]:
    """Run a server, and yield what connects to it."""
    config = uvicorn.Config(app, http=Protocol, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0)
    address = server.servers[0].sockets[0].getsockname()
    writers = []

    async def connect() -> Streams:
        reader, writer = await asyncio.open_connection(*address)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    server.should_exit = True
    await running


def refused(reason: str) -> float:
    return REFUSED.labels(reason)._value.get()


def meet(client: Callable[[Connect], Awaitable[None]]) -> None:
    """Let ``client`` connect to a server."""

    async def run() -> None:
        async with serving() as connect, asyncio.timeout(PATIENCE):
            await client(connect)

    asyncio.run(run())


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Wait until the server ends the connection; return whether it came without an answer."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n", id="half a head"),
    ],
)
def test_a_client_that_says_too_little_is_cut(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_WITHIN", 0.05)
    before = refused("head_time")

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(said)
        assert await is_cut(reader)

    meet(client)
    assert refused("head_time") == before + 1


def test_so_is_one_that_begins_another_request_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_WITHIN", 0.05)

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(GET)
        assert (await reader.readuntil(b"\r\n\r\nxx")).startswith(b"HTTP/1.1 200")
        with contextlib.suppress(ConnectionError):
            for byte in GET[:-1]:  # Never the last one.
                writer.write(bytes([byte]))
                await writer.drain()
        assert await is_cut(reader)

    meet(client)


def test_idle_connections_are_kept_for_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_WITHIN", 0.05)

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        silent, _writer = await connect()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\nxx")
        assert await is_cut(silent)  # So that much time has passed.
        writer.write(GET)
        assert (await reader.readuntil(b"\r\n\r\nxx")).startswith(b"HTTP/1.1 200")

    meet(client)


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(b"GET /" + b"x" * 70_000, id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nCookie: " + b"x" * 70_000, id="header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 12_000, id="headers"),
    ],
)
def test_a_head_without_an_end_is_cut_off(endless: bytes) -> None:
    before = refused("head_size")

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(endless)
        assert await is_cut(reader)

    meet(client)
    assert refused("head_size") == before + 1


def test_requests_that_come_together_are_answered_in_order() -> None:
    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(b"".join(GET.replace(b"/", f"/{size}".encode(), 1) for size in range(1, 12)))
        for size in range(1, 12):
            await reader.readuntil(b"\r\n\r\n" + b"x" * size)

    meet(client)


def test_thousands_of_them_are_cut() -> None:
    before = refused("requests")

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(GET * 5_000)
        assert await is_cut(reader)

    meet(client)
    assert refused("requests") == before + 1


def test_a_client_that_does_not_take_its_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "SENT_EVERY", 0.1)
    before = refused("unread")

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(GET.replace(b"/", f"/{LARGE}".encode(), 1))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while refused("unread") == before:
            await asyncio.sleep(0.01)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionResetError):
            assert len(await reader.read()) < LARGE

    meet(client)


def test_one_address_has_so_many_connections(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    monkeypatch.setattr(protocol, "PER_CLIENT", 2)

    async def client(connect: Connect) -> None:
        first, _second, third = [await connect() for _ in range(3)]
        assert await is_cut(third[0])
        first[1].write(GET)
        assert (await first[0].readuntil(b"\r\n\r\nxx")).startswith(b"HTTP/1.1 200")

    meet(client)
    assert Protocol._per_client == {}  # All have left.


def test_a_process_takes_no_more_connections_than_it_has_files_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "most_connections", lambda: 1)

    async def client(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\nxx")
        assert await is_cut((await connect())[0])

    meet(client)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", ""),  # nginx
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("", ""),
    ],
)
def test_connections_are_counted_by_network(address: str, network: str) -> None:
    assert network_of(address) == network
