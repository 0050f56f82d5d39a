"""
A stand-in for Stripe that opens Checkout Sessions slowly and costs hardly any CPU time.

Unlike the sandbox, it keeps up with a benchmark on the same machine. It answers with a session of the
sandbox, with another id and address each time, after ``--latency``. What exceeds ``--limit`` requests within
a second is answered 429. ``/seen`` tells how many there were of each sort.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from pathlib import Path
from typing import Any

import uvloop

ADDRESS = "https://checkout.example/pay/"


class Account:
    """The sessions that were opened, by their idempotency keys, and when something was asked for."""

    def __init__(self, template: dict[str, Any], *, latency: float, limit: int) -> None:
        self.template = template
        self.latency = latency
        self.limit = limit
        self.sessions: dict[bytes, bytes] = {}
        self.refused = 0
        self.at: list[float] = []
        self._recent: deque[float] = deque()

    def take(self) -> bool:
        """Return whether one more request is within the limit; a tenth more passes."""
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self.limit * 1.1:
            self.refused += 1
            return False
        self._recent.append(now)
        self.at.append(now)
        return True

    def open(self, key: bytes) -> bytes:
        if key not in self.sessions:
            session_id = f"cs_test_{len(self.sessions):058d}"
            session = {**self.template, "id": session_id, "url": ADDRESS + session_id}
            self.sessions[key] = json.dumps(session).encode()
        return self.sessions[key]

    def seen(self) -> bytes:
        return json.dumps({"sessions": len(self.sessions), "refused": self.refused, "at": self.at}).encode()


class Conversation(asyncio.Protocol):
    """A keep-alive connection with the shop, one request after the other."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.split(b"\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        length = int(headers.get(b"content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        self._answer(first, headers)

    def _answer(self, first: bytes, headers: dict[bytes, bytes]) -> None:
        if first.startswith(b"GET /seen"):
            self._send(200, self.account.seen())
        elif not self.account.take():
            self._send(429, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}')
        else:
            body = self.account.open(headers[b"idempotency-key"])
            asyncio.get_running_loop().call_later(self.account.latency, self._send, 200, body)

    def _send(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve(port: int, account: Account) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Conversation(account), "127.0.0.1", port, backlog=1000
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--session", required=True, help="the session to answer with, a file of JSON")
    parser.add_argument("--latency", type=float, default=0.3, help="s (default: %(default)s)")
    parser.add_argument("--limit", type=int, default=100, help="requests per second (default: %(default)s)")
    options = parser.parse_args()
    template = json.loads(Path(options.session).read_text())
    uvloop.run(serve(options.port, Account(template, latency=options.latency, limit=options.limit)))
