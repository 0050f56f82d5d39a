"""
Connections from clients that mean no good: slow, silent, endless, or very many.

uvicorn leaves these to a proxy (``deploy/nginx``), and keeps whatever a client sends before its request is
complete. Such a connection costs no thread, but memory and an open file.
"""

import asyncio
import ipaddress
import resource
from collections import Counter

from django.conf import settings
from prometheus_client import Counter as Metric
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.middleware.proxies import is_within

HEAD_WITHIN = 10  # s from the connection, or from the first byte of another request
# Of a head, or of what frames a body's chunks. What is complete meets lower limits, with better words
# (config.server.request_head).
LARGEST_HEAD = 65_536  # bytes
# Requests that wait on one connection for the answers before theirs. Neither browsers nor nginx send any.
# Each takes 2 kB, and uvicorn reads on after every answer.
MOST_AHEAD = 10
SENT_EVERY = 20  # s, in which a client that has something to read takes LEAST_SENT bytes
LEAST_SENT = 8_192
# Thousands of a mobile network may have one address; nginx counts as many.
PER_CLIENT = 2_000  # connections; proxies that are trusted have no limit
OTHER_FILES = 500  # for the database, Stripe, the mail server and the log

REFUSED = Metric("admit_refused_connections_total", "Connections cut, by reason.", ["reason"])


class TooManyAhead(Exception):
    """Ends the reading of requests that came together; the connection is cut already."""


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with limits: name it with ``--http config.server.protocol:Protocol``."""

    _per_client: Counter[str] = Counter()
    _network = ""
    _unread = 0  # bytes received that belong to no body
    _reading: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._network = network_of(self.client[0] if self.client else "")
        self._per_client[self._network] += 1
        if self._network and self._per_client[self._network] > PER_CLIENT:
            self._cut("client")
        elif len(self.connections) > most_connections():
            self._cut("all")
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._per_client[self._network] -= 1
        if not self._per_client[self._network]:
            del self._per_client[self._network]
        for timer in (self._reading, self._sending):
            if timer:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > LARGEST_HEAD:
            self._cut("head_size")
        elif not self._is_answering:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._unread = 0
        self._cancel_reading()
        if len(self.pipeline) >= MOST_AHEAD:
            self._cut("requests")
            raise TooManyAhead
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._expect_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._sending:  # The client has taken nearly all; more may be written now.
            self._sending.cancel()
            self._sending = None

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        """Cut the connection unless a head is complete in time; more bytes of it win no more time."""
        if self._reading is None:
            self._reading = self.loop.call_later(HEAD_WITHIN, self._cut, "head_time")

    def _cancel_reading(self) -> None:
        if self._reading:
            self._reading.cancel()
            self._reading = None

    def _expect_reading(self) -> None:
        """Cut the connection when the client takes nothing of what was written for it."""
        if self._sending is None:
            self._sending = self.loop.call_later(SENT_EVERY, self._check_reading, self._unsent)

    def _check_reading(self, before: int) -> None:
        self._sending = None
        if self._unsent and before - self._unsent < LEAST_SENT:
            self._cut("unread")
        elif self._unsent:
            self._expect_reading()

    @property
    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    def _cut(self, reason: str) -> None:
        REFUSED.labels(reason).inc()
        self._cancel_reading()
        self.transport.abort()


def network_of(address: str) -> str:
    """Return what connections are counted by: IPv4's address, IPv6's /64; empty for trusted proxies."""
    if is_within(settings.TRUSTED_PROXIES, address):
        return ""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""  # A Unix socket has none.
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def most_connections() -> int:
    """Return how many connections this process takes: without a file left, it couldn't even refuse."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return files - min(OTHER_FILES, files // 2)
