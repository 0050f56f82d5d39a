"""A minimal HTTP client: it must use little CPU time, because it shares the machine with the server."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

T = TypeVar("T")
CLIENTS = 16


@dataclass(frozen=True)
class Answer:
    status: int
    etag: str
    body: bytes
    at: float  # when its headers arrived, in s of time.perf_counter()

    def json(self) -> Any:
        assert self.status < 300, (self.status, self.body)
        return json.loads(self.body)


class Connection:
    """A keep-alive connection for one request at a time, from ``source``, any loopback address."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.port = port
        self._source = source
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self._source, 0)
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._writer:
            self._writer.close()

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        self.send(method, path, body, headers)
        return await self.receive()

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        assert self._writer
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def receive(self) -> Answer:
        assert self._reader
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        at = time.perf_counter()
        status = int(head[0].split()[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        length = 0 if status == 304 else int(headers.get("content-length", 0))
        chunked = headers.get("transfer-encoding") == "chunked"
        body = await (self._read_chunks() if chunked else self._reader.readexactly(length))
        return Answer(status, headers.get("etag", ""), body, at)

    async def _read_chunks(self) -> bytes:
        assert self._reader
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()
        return body


async def in_parallel(
    port: int, connections: int, actions: Sequence[Callable[[Connection], Coroutine[Any, Any, T]]]
) -> list[T]:
    """Run ``actions`` over this many connections; return their results in the same order."""
    results: dict[int, T] = {}
    waiting = list(enumerate(actions))[::-1]

    async def work() -> None:
        async with Connection(port) as connection:
            while waiting:
                number, action = waiting.pop()
                results[number] = await action(connection)

    await asyncio.gather(*(work() for _ in range(connections)))
    return [results[number] for number in range(len(actions))]


async def rate(port: int, path: str, *, headers: dict[str, str] | None = None, seconds: float) -> float:
    """Return the requests per second that the server answers if ``CLIENTS`` ask without a pause."""
    end = time.perf_counter() + seconds

    async def ask(number: int) -> int:
        answered = 0
        async with Connection(port, f"127.2.0.{1 + number}") as connection:  # A proxy limits each address.
            while time.perf_counter() < end:
                answer = await connection.ask("GET", path, headers=headers)
                assert answer.status in (200, 304), answer
                answered += 1
        return answered

    began = time.perf_counter()
    answered = sum(await asyncio.gather(*(ask(number) for number in range(CLIENTS))))
    return answered / (time.perf_counter() - began)
