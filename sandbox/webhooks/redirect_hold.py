"""
The wait between a payment and the redirect to the shop.

Stripe holds the browser until the shop's endpoint has answered ``checkout.session.completed``, for up to ten
seconds, so that the shop's page knows of the payment. https://docs.stripe.com/checkout/fulfillment
"""

import asyncio
import json

from sandbox.core.box import Box
from sandbox.webhooks.deliveries import DeliveryBox


async def hold(box: DeliveryBox, session_id: str) -> None:
    """Return once every endpoint has answered the session's completion, or after ``gate_seconds``."""
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
    """Return whether every endpoint has answered at least once. Dropped deliveries don't count."""
    rows = box.store.rows(
        "SELECT delivery.attempts, delivery.state FROM delivery JOIN object ON object.id = delivery.event "
        "WHERE object.kind = 'event' AND json_extract(object.body, '$.data.object.id') = ? "
        "AND delivery.type = 'checkout.session.completed'",
        (session_id,),
    )
    return all(row["state"] != "pending" or has_answer(row["attempts"]) for row in rows)


def has_answer(attempts: str) -> bool:
    return any(attempt["status"] is not None for attempt in json.loads(attempts))
