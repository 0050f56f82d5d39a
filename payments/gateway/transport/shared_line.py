"""The allowance as an event loop asks for it: by one database connection, which all requests share."""

import asyncio
from typing import Any, LiteralString

import psycopg
from procrastinate.contrib.django.utils import connector_params

from payments.gateway.transport.allowance import (
    LOOK,
    MAKE_ROW,
    PUSH_BACK,
    RESERVE,
    Reservation,
    pauses,
    wants,
)

ANSWER_WITHIN = 5  # s


class SharedLine:
    """The row of ``StripeAllowance``. Raise ``psycopg.Error``, ``OSError`` or ``TimeoutError``."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection | None = None
        self._lock = asyncio.Lock()

    async def reserve(self, wanted: int, *, most: float) -> Reservation:
        """Reserve slots for as many of ``wanted`` writes as can be sent within ``most`` seconds."""
        return await self._ask(RESERVE, wants(wanted, most=most))

    async def push_back(self, pause: float) -> Reservation:
        """Let all processes stop writing for ``pause`` seconds from now."""
        return await self._ask(PUSH_BACK, pauses(pause))

    async def look(self) -> Reservation:
        """See whether another process has pushed the slots back."""
        return await self._ask(LOOK, {})

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()

    async def _ask(self, statement: LiteralString, params: dict[str, Any]) -> Reservation:
        async with self._lock:
            try:
                return await self._execute(statement, params)
            except (psycopg.Error, TimeoutError):
                # The server was restarted since, or is a standby by now that takes no writes: connect again.
                await self.close()
                return await self._execute(statement, params)

    async def _execute(self, statement: LiteralString, params: dict[str, Any]) -> Reservation:
        async with asyncio.timeout(ANSWER_WITHIN):
            if self._connection is None or self._connection.closed:
                # A pooler's connections don't remember prepared statements.
                options = {**connector_params(), "prepare_threshold": None}
                connect = psycopg.AsyncConnection.connect
                self._connection = await connect(**options, autocommit=True)
            row = await (await self._connection.execute(statement, params)).fetchone()
            if row is None:
                await self._connection.execute(MAKE_ROW)
                row = await (await self._connection.execute(statement, params)).fetchone()
        assert row is not None  # noqa: S101
        return Reservation(*row)
