"""Control of webhook switches and deliveries."""

import asyncio
import time

from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.webhooks import deliveries
from sandbox.webhooks.deliveries import DeliveryBox
from sandbox.webhooks.webhook_switches import WebhookSwitches

LONGEST_WAIT = 60.0  # seconds
LOOK_EVERY = 0.01  # seconds


@control("GET", "webhooks")
def show_switches(box: Box, given: Obj) -> Obj:
    return WebhookSwitches(box.store).all()


@control("POST", "webhooks")
def turn_switches(box: Box, given: Obj) -> Obj:
    try:
        WebhookSwitches(box.store).turn(given)
    except ValueError as error:
        raise Refused(str(error)) from None
    return WebhookSwitches(box.store).all()


@control("DELETE", "webhooks")
def reset_switches(box: Box, given: Obj) -> Obj:
    WebhookSwitches(box.store).reset()
    return WebhookSwitches(box.store).all()


@control("GET", "deliveries")
async def show_deliveries(box: DeliveryBox, given: Obj) -> Obj:
    """Show every delivery; ``?wait=5`` first waits up to 5 seconds until none is due."""
    try:
        wait = min(float(given.get("wait", 0)), LONGEST_WAIT)
    except ValueError:
        raise Refused("wait is a number of seconds.") from None
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline and not deliveries.is_idle(box) and not box.closing.is_set():
        await asyncio.sleep(LOOK_EVERY)
    return {"deliveries": deliveries.all_as_json(box)}


@control("POST", "events/{event_id}/resend")
def resend(box: Box, given: Obj, event_id: str) -> Obj:
    event = box.store.find(event_id, "event")
    if event is None:
        raise Refused("No such event.", 404)
    with box.store.transaction():
        return {"resent_to": deliveries.resend(box, event)}
