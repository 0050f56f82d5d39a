"""The worker that sends due deliveries, several at a time, and fires due timers."""

import asyncio
import contextlib
import sqlite3
import time
from typing import Any

import httpx

from sandbox.core import timers
from sandbox.webhooks import deliveries
from sandbox.webhooks.deliveries import DeliveryBox
from sandbox.webhooks.signatures import signature
from sandbox.webhooks.webhook_endpoints import address_of
from sandbox.webhooks.webhook_switches import WebhookSwitches

CONCURRENCY = 8  # deliveries at a time; events can overtake each other, as at Stripe
LONGEST_SLEEP = 3_600.0  # seconds
OLD_BY = 3_600  # seconds that an "old" timestamp lies in the past
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-cache",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept": "*/*; q=0.5, application/json",
}


class DeliveryWorker:
    """The task that reacts to time: it sends deliveries and fires timers."""

    def __init__(self, box: DeliveryBox) -> None:
        self.box = box
        self.switches = WebhookSwitches(box.store)
        self.tasks: set[asyncio.Task[None]] = set()
        self.slots = asyncio.Semaphore(CONCURRENCY)
        self.client = httpx.AsyncClient(timeout=box.settings.webhook_timeout, trust_env=False)

    async def run(self) -> None:
        """Do what is due, then sleep until more is due or the box is woken, for ever."""
        while True:
            self.box.woken.clear()
            timers.fire_due(self.box)
            pause = self.pause()  # Asked first: what falls due after this line still ends the sleep.
            for row in deliveries.due_now(self.box, most=2 * CONCURRENCY):
                self.start(row)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.box.woken.wait(), pause)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.client.aclose()

    def pause(self) -> float:
        """Return the seconds until the next timer or delivery is due."""
        row = self.box.store.execute(
            "SELECT min(due) AS due FROM (SELECT min(due) AS due FROM timer UNION ALL "
            "SELECT min(due) FROM delivery WHERE state = 'pending' AND due > ?)",
            (self.box.clock.exact(),),
        ).fetchone()
        if row["due"] is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(0.0, row["due"] - self.box.clock.exact()))

    def start(self, row: sqlite3.Row) -> None:
        if row["id"] in self.box.sending:
            return
        self.box.sending.add(row["id"])
        task = asyncio.create_task(self.send(row))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send(self, row: sqlite3.Row) -> None:
        """Make one attempt, record it and notify those who wait for an answer."""
        try:
            async with self.slots:
                attempt, accepted = await self.attempt(row)
            deliveries.record_attempt(self.box, row["id"], attempt, accepted=accepted)
        finally:
            self.box.sending.discard(row["id"])
        async with self.box.answered:
            self.box.answered.notify_all()
        self.box.wake()

    async def attempt(self, row: sqlite3.Row) -> tuple[dict[str, Any], bool]:
        endpoint = self.box.store.find(row["endpoint"])
        began = time.monotonic()
        attempt: dict[str, Any] = {"at": self.box.clock.exact(), "status": None, "error": None}
        if endpoint is None or endpoint["status"] != "enabled":
            return {**attempt, "error": "The endpoint is disabled or deleted."}, False
        body = row["body"].encode()
        headers = HEADERS | {"Stripe-Signature": self.sign(row, body)}
        attempt["signature"] = headers["Stripe-Signature"]
        try:
            async with asyncio.timeout(self.box.settings.webhook_timeout):
                response = await self.client.post(address_of(endpoint), content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            attempt["error"] = f"{type(error).__name__}: {error}"
            return attempt, False
        attempt |= {"status": response.status_code, "answer": response.text[:500]}
        attempt["ms"] = round(1_000 * (time.monotonic() - began))
        ignored = response.is_success and self.switches.take("ignore_answer", row["type"])
        if ignored:
            attempt["error"] = "The answer was ignored on purpose."
        return attempt, response.is_success and not ignored

    def sign(self, row: sqlite3.Row, body: bytes) -> str:
        secrets = self.box.store.private(row["endpoint"])["secrets"]
        if self.switches.take("bad_signature", row["type"]):
            secrets = ["whsec_of_somebody_else"]
        age = OLD_BY if self.switches.take("old_timestamp", row["type"]) else 0
        return signature(body, secrets, timestamp=int(time.time()) - age)
