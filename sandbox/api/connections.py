"""Connections that are cut without a reply, as when a network fails."""

import asyncio
import socket
import struct
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.core.box import Box

TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}
NO_LINGER = struct.pack("ii", 1, 0)  # close() then sends a TCP reset


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which keeps its open connections by the caller's address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.caller = transport.get_extra_info("peername")
        TRANSPORTS[self.caller] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        TRANSPORTS.pop(self.caller, None)
        super().connection_lost(exc)


async def abort(request: Request) -> None:
    """Cut the connection of ``request`` with a TCP reset and wait until the server notices."""
    transport = TRANSPORTS.get(caller_of(request))
    if transport is None:
        return
    connection: socket.socket | Any = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
    await until_disconnected(request)


async def wait_for_disconnect(box: Box, request: Request, *, seconds: float) -> None:
    """Wait until the caller disconnects, the sandbox stops or ``seconds`` have passed."""
    waits = [asyncio.ensure_future(until_disconnected(request)), asyncio.ensure_future(box.closing.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def until_disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def caller_of(request: Request) -> tuple[str, int]:
    client = request.client
    return (client.host, client.port) if client else ("", 0)
