"""
The wait between paying and the way back.

Stripe holds the browser until the shop's endpoint has answered ``checkout.session.completed``, for ten
seconds at most, so that the customer lands on a page that knows. https://docs.stripe.com/checkout/fulfillment
"""

import asyncio
import json

from sandbox.core.box import Box
from sandbox.webhooks.deliveries import DeliveryBox


async def hold(box: DeliveryBox, session_id: str) -> None:
    """Return once the completed event was answered, whatever the answer, or the wait is over."""
    if box.settings.redirect == "listen":
        return
    waits = [asyncio.create_task(until_answered(box, session_id)), asyncio.create_task(box.closing.wait())]
    await asyncio.wait(waits, timeout=box.settings.gate_seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def until_answered(box: DeliveryBox, session_id: str) -> None:
    async with box.answered:
        await box.answered.wait_for(lambda: is_answered(box, session_id))


def is_answered(box: Box, session_id: str) -> bool:
    """Return whether no endpoint still owes its first answer. A dropped delivery owes none."""
    rows = box.store.rows(
        "SELECT delivery.attempts, delivery.state FROM delivery JOIN object ON object.id = delivery.event "
        "WHERE object.kind = 'event' AND json_extract(object.body, '$.data.object.id') = ? "
        "AND delivery.type = 'checkout.session.completed'",
        (session_id,),
    )
    return all(row["state"] != "pending" or has_answer(row["attempts"]) for row in rows)


def has_answer(attempts: str) -> bool:
    return any(attempt["status"] is not None for attempt in json.loads(attempts))
