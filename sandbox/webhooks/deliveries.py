"""
Deliveries: the table of which event goes to which endpoint, with its attempts and when it is due.

``delivery_worker`` sends them; nothing here waits.
"""

import asyncio
import json
import random
import sqlite3
from typing import Any, Protocol

from sandbox.core.box import Box
from sandbox.core.settings import RETRIES
from sandbox.core.store import Obj
from sandbox.webhooks import thin_events, webhook_endpoints
from sandbox.webhooks.event_rendering import disguised_as, in_version
from sandbox.webhooks.webhook_switches import WebhookSwitches

SHUFFLED_WITHIN = 0.5  # seconds within which shuffled deliveries start
REVERSED_BY = 0.1  # seconds by which each starts before those enqueued earlier


class DeliveryBox(Box, Protocol):
    """The box that ``delivery_worker`` needs: it shares what is being sent."""

    woken: asyncio.Event  # set when something may be due
    answered: asyncio.Condition  # notified after each attempt
    sending: set[int]  # ids of the deliveries on the wire


def enqueue(box: Box, event: Obj) -> None:
    """Add a delivery of the event for every endpoint that wants it."""
    endpoints = webhook_endpoints.interested_in(box, event["type"])
    for endpoint in endpoints:
        body = body_for(box, event, endpoint, waiting=len(endpoints))
        enqueue_one(box, event, endpoint["id"], body)
    box.wake()


def body_for(box: Box, event: Obj, endpoint: Obj, *, waiting: int) -> str:
    """Return the event as this endpoint gets it: thin, or in the endpoint's own API version."""
    disguise = WebhookSwitches(box.store).disguise(event["type"])
    disguised = disguised_as(event, livemode=disguise.livemode, account=disguise.account)
    if webhook_endpoints.is_thin(endpoint):
        return json.dumps(thin_events.notification(disguised), indent=2)
    version = disguise.api_version or webhook_endpoints.version_of(endpoint) or event["api_version"]
    return json.dumps({**in_version(box, disguised, version), "pending_webhooks": waiting}, indent=2)


def enqueue_one(box: Box, event: Obj, endpoint_id: str, body: str) -> None:
    kind, switches = event["type"], WebhookSwitches(box.store)
    due = box.clock.exact()
    if delay := switches.take("delay", kind):
        due += delay["seconds"]
    if shuffle := switches.take("shuffle", kind):
        due = shuffled(box, due, is_reversed=shuffle["reverse"])
    state = "dropped" if switches.take("drop", kind) else "pending"
    copies = 2 if state == "pending" and switches.take("duplicate", kind) else 1
    for _ in range(copies):
        insert(box, event["id"], endpoint_id, kind, body, state=state, due=due)


def shuffled(box: Box, due: float, *, is_reversed: bool) -> float:
    """Return a new due time: a random one soon after ``due``, or one before all waiting deliveries."""
    if not is_reversed:
        return due + random.uniform(0, SHUFFLED_WITHIN)
    row = box.store.execute(
        "SELECT min(due) AS due FROM delivery WHERE state = 'pending' AND due > ?", (due,)
    ).fetchone()
    return due + SHUFFLED_WITHIN if row["due"] is None else max(due, row["due"] - REVERSED_BY)


def insert(
    box: Box, event_id: str, endpoint_id: str, kind: str, body: str, *, state: str, due: float
) -> None:
    box.store.execute(
        "INSERT INTO delivery (event, endpoint, type, body, state, due) VALUES (?, ?, ?, ?, ?, ?)",
        (event_id, endpoint_id, kind, body, state, due),
    )


def due_now(box: Box, *, most: int) -> list[sqlite3.Row]:
    """Return up to ``most`` due deliveries, longest due first; a jump of the clock can leave thousands."""
    return box.store.rows(
        "SELECT * FROM delivery WHERE state = 'pending' AND due <= ? ORDER BY due, id LIMIT ?",
        (box.clock.exact(), most),
    )


def record_attempt(box: Box, delivery_id: int, attempt: dict[str, Any], *, accepted: bool) -> None:
    """Record an attempt, and whether the delivery is done, due again or given up."""
    with box.store.transaction():
        row = box.store.execute("SELECT attempts FROM delivery WHERE id = ?", (delivery_id,)).fetchone()
        if row is None:  # The sandbox was reset while the request was on the wire.
            return
        attempts = [*json.loads(row["attempts"]), attempt]
        pauses = RETRIES[box.settings.retries]
        is_last = len(attempts) > len(pauses)
        state = "delivered" if accepted else "failed" if is_last else "pending"
        pause = 0 if accepted or is_last else pauses[len(attempts) - 1]
        box.store.execute(
            "UPDATE delivery SET attempts = ?, state = ?, due = ? WHERE id = ?",
            (json.dumps(attempts), state, box.clock.exact() + pause, delivery_id),
        )


def resend(box: Box, event: Obj) -> int:
    """Deliver an event again to every endpoint that wants it; return how many there are."""
    endpoints = webhook_endpoints.interested_in(box, event["type"])
    for endpoint in endpoints:
        row = box.store.execute(
            "SELECT body FROM delivery WHERE event = ? AND endpoint = ?", (event["id"], endpoint["id"])
        ).fetchone()
        body = row["body"] if row else body_for(box, event, endpoint, waiting=len(endpoints))
        insert(box, event["id"], endpoint["id"], event["type"], body, state="pending", due=box.clock.exact())
    box.wake()
    return len(endpoints)


def count_waiting(box: Box, event_id: str) -> int:
    """Return how many endpoints have not accepted the event yet."""
    row = box.store.execute(
        "SELECT count(DISTINCT endpoint) AS n FROM delivery AS d WHERE event = ? AND NOT EXISTS "
        "(SELECT 1 FROM delivery WHERE event = d.event AND endpoint = d.endpoint AND state = 'delivered')",
        (event_id,),
    ).fetchone()
    return int(row["n"])


def all_as_json(box: Box) -> list[Obj]:
    """Return every delivery with its attempts, oldest first."""
    rows = box.store.rows("SELECT * FROM delivery ORDER BY id")
    return [
        {**dict(row), "body": json.loads(row["body"]), "attempts": json.loads(row["attempts"])}
        for row in rows
    ]


def is_idle(box: DeliveryBox) -> bool:
    """Return whether nothing is being sent and nothing is due."""
    return not box.sending and not due_now(box, most=1)
