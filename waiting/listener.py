"""The one connection of a process that hears what has changed."""

import asyncio
import logging
from typing import NoReturn

import psycopg
from django.conf import settings
from procrastinate.contrib.django.utils import connector_params
from prometheus_client import Gauge

from waiting.hub import Hub
from waiting.publishing import CHANNEL

logger = logging.getLogger(__name__)

HEARTBEAT = 15  # s between questions whether the connection still lives
ANSWER_WITHIN = 5  # s
LISTENING = Gauge("admit_listening", "Whether this process hears what has changed.")
PAUSES = (0.1, 5.0)  # s, the first and the longest between two tries to connect


async def listen(hub: Hub) -> NoReturn:
    """
    Wake the hub's topics as they are published, for ever.

    When the connection is lost, connect again and wake everybody: nobody knows what was published meanwhile.
    """
    pause = PAUSES[0]
    while True:
        try:
            async with await _connect() as connection:
                async with asyncio.timeout(ANSWER_WITHIN):
                    await connection.execute(f"LISTEN {CHANNEL}")
                pause = PAUSES[0]
                hub.wake_all()
                LISTENING.set(1)
                await _hear(connection, hub)
        except Exception as error:  # Whatever it is: without a listener, pages would wait in vain.
            LISTENING.set(0)
            logger.warning("not listening for changes, next try in %.1f s: %r", pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSES[1])


async def _connect() -> psycopg.AsyncConnection:
    connect = psycopg.AsyncConnection.connect
    async with asyncio.timeout(ANSWER_WITHIN):
        if settings.DATABASE_LISTEN_URL:
            return await connect(settings.DATABASE_LISTEN_URL, autocommit=True)
        return await connect(**connector_params(), autocommit=True)


async def _hear(connection: psycopg.AsyncConnection, hub: Hub) -> NoReturn:
    while True:
        async for notification in connection.notifies(timeout=HEARTBEAT):
            hub.wake(notification.payload)
        # A connection can die without a word: only a question shows it.
        async with asyncio.timeout(ANSWER_WITHIN):
            await connection.execute("SELECT 1")
