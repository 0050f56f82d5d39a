"""What waiting costs the database: counted in the whole application, with its real middleware and views."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db.backends.signals import connection_created
from procrastinate.contrib.django.utils import connector_params

from bookings.models import booking_topic
from tests.support.shop import Buy, Purchase
from tests.waiting.support.calls import Call
from tests.waiting.test_layer import until
from waiting.bridge import Bridge
from waiting.layer import WaitingLayer
from waiting.publishing import CHANNEL

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 100


class Counts:
    """What the threads of an application have asked since the counts were last taken."""

    def __init__(self) -> None:
        self.requests = 0
        self.statements: list[str] = []

    def take(self) -> tuple[int, int]:
        """Return how many requests reached Django and how many statements the database."""
        taken = self.requests, len(self.statements)
        self.requests, self.statements = 0, []
        return taken

    def note_request(self, **_signal: Any) -> None:
        self.requests += 1

    def watch(self, connection: Any, **_signal: Any) -> None:
        if self._note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._note)

    def _note(self, execute: Any, sql: str, *arguments: Any) -> Any:
        self.statements.append(sql)
        return execute(sql, *arguments)


@pytest.fixture
def counts() -> Iterator[Counts]:
    counts = Counts()
    request_started.connect(counts.note_request)
    connection_created.connect(counts.watch)
    yield counts
    request_started.disconnect(counts.note_request)
    connection_created.disconnect(counts.watch)


class Page(Call):
    """A page that knows the status of a purchase and waits for the next one."""

    def __init__(self, layer: WaitingLayer, purchase: Purchase, etag: bytes, *, wait: int = 30) -> None:
        headers = [(b"if-none-match", etag), (b"prefer", b"wait=%d" % wait)]
        query = f"session_id={purchase.session_id}".encode()
        super().__init__(layer, "/api/payment-status", headers=headers, query_string=query)

    async def etag(self) -> bytes:
        await self.task
        return dict(self.sent[0]["headers"])[b"etag"]


def run(story: Callable[[WaitingLayer], Coroutine[Any, Any, None]]) -> None:
    async def begin() -> None:
        layer = WaitingLayer(Bridge(WSGIHandler(), threads=2))
        async with asyncio.timeout(30):
            await Call(layer, "/healthz").task
            await until(lambda: layer.hub.sequence > 0)  # It listens now.
            await story(layer)

    asyncio.run(begin())


def change(purchase: Purchase) -> None:
    """Change and publish what the status of ``purchase`` says, as another process does."""
    query = "UPDATE payments_payment SET error_message = 'changed' WHERE session_id = %s"
    topic = booking_topic(purchase.answer["booking"])
    with psycopg.connect(**connector_params(), autocommit=True) as other:
        other.execute(query, [purchase.session_id])
        other.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])


def test_a_page_that_waits_again_and_again_costs_one_statement_a_wait(buy: Buy, counts: Counts) -> None:
    purchase = buy()

    async def story(layer: WaitingLayer) -> None:
        etag = await Page(layer, purchase, b"").etag()
        counts.take()
        first = Page(layer, purchase, etag, wait=1)
        await until(lambda: layer.hub.count == 1)
        assert counts.take() == (1, 1)
        assert (await first.answer())[0] == 304
        assert counts.take() == (1, 1)
        second = Page(layer, purchase, etag)
        await until(lambda: layer.hub.count == 1)
        assert counts.take() == (0, 0)
        second.received.put_nowait({"type": "http.disconnect"})
        await second.task

    run(story)


def test_a_crowd_that_waits_for_one_payment_costs_one_statement_a_change(buy: Buy, counts: Counts) -> None:
    purchase = buy()

    async def story(layer: WaitingLayer) -> None:
        etag = await Page(layer, purchase, b"").etag()
        counts.take()
        crowd = [Page(layer, purchase, etag) for _ in range(CROWD)]
        await until(lambda: layer.hub.count == CROWD)
        assert counts.take() == (1, 1)
        change(purchase)

        assert {(await page.answer())[0] for page in crowd} == {200}
        assert counts.take() == (1, 1)

    run(story)
