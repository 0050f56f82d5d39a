"""The database connection on which a process receives publications (LISTEN)."""

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

HEARTBEAT = 15  # s between checks that the connection is alive
ANSWER_WITHIN = 5  # s
LISTENING = Gauge("admit_listening", "Whether this process receives change notifications.")
RECONNECT_PAUSES = (0.1, 5.0)  # s: the first and the longest pause between attempts


async def listen(hub: Hub) -> NoReturn:
    """
    Wake the hub's topics as they are published, until cancelled.

    After the connection is lost, reconnect and wake all topics, since publications were missed meanwhile.
    """
    pause = RECONNECT_PAUSES[0]
    while True:
        try:
            async with await _connect() as connection:
                async with asyncio.timeout(ANSWER_WITHIN):
                    await connection.execute(f"LISTEN {CHANNEL}")
                pause = RECONNECT_PAUSES[0]
                hub.wake_all()
                LISTENING.set(1)
                await _wake_published(connection, hub)
        except Exception as error:  # Without a listener, pages wouldn't see changes: retry after any error.
            LISTENING.set(0)
            logger.warning("not listening for changes, next try in %.1f s: %r", pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, RECONNECT_PAUSES[1])


async def _connect() -> psycopg.AsyncConnection:
    connect = psycopg.AsyncConnection.connect
    async with asyncio.timeout(ANSWER_WITHIN):
        if settings.DATABASE_LISTEN_URL:
            return await connect(settings.DATABASE_LISTEN_URL, autocommit=True)
        return await connect(**connector_params(), autocommit=True)


async def _wake_published(connection: psycopg.AsyncConnection, hub: Hub) -> NoReturn:
    while True:
        async for notification in connection.notifies(timeout=HEARTBEAT):
            hub.wake(notification.payload)
        # A dead TCP connection can look idle; a query finds out.
        async with asyncio.timeout(ANSWER_WITHIN):
            await connection.execute("SELECT 1")
