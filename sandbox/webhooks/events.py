"""Events: stored in the transaction of the change they are about, delivered after it."""

import json
from typing import Any

from sandbox.core import lists, overrides, registry
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import Boolean, Group, Items, Text
from sandbox.core.registry import route
from sandbox.core.settings import API_VERSION
from sandbox.core.store import Obj
from sandbox.webhooks import deliveries
from sandbox.webhooks.webhook_switches import WebhookSwitches

KEPT_FOR = 30 * 24 * 3_600
MOST_TYPES = 20
ABOUT_PAYMENTS = ("payment_intent.", "charge.")  # their ids start with evt_3


def emit(box: Box, event_type: str, subject: Obj, *, previous: dict[str, Any] | None = None) -> None:
    """
    Store an event about ``subject`` as it is now, enqueue its deliveries and call its listeners.

    Call it after the change, in the same transaction. ``previous`` becomes ``previous_attributes``.
    """
    write(box, event_type, subject, previous)
    if WebhookSwitches(box.store).take("two_different_events", event_type):
        write(box, event_type, subject, previous)
    for listen in registry.LISTENERS[event_type]:
        listen(box, subject)


def write(box: Box, event_type: str, subject: Obj, previous: dict[str, Any] | None) -> None:
    event_id = new_id("evt_3" if event_type.startswith(ABOUT_PAYMENTS) else "evt_1")
    data = {"object": overrides.rendered(box, json.loads(json.dumps(subject)), into=event_id)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": box.clock.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": box.origin.id, "idempotency_key": box.origin.idempotency_key},
        "type": event_type,
    }
    box.store.add(event)
    deliveries.enqueue(box, event)


def with_pending_webhooks(box: Box, event: Obj) -> Obj:
    """Return the event with the current number of endpoints that have not accepted it."""
    return {**event, "pending_webhooks": deliveries.count_waiting(box, event["id"])}


def oldest(box: Box) -> int:
    return box.clock.now() - KEPT_FOR


@route("GET", "/v1/events/{id}", returns="event", params=Group())
def retrieve(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    event = box.find("event", id, param="id", in_path=True)
    if event["created"] < oldest(box):
        raise StripeError(
            f"No such event: '{id}'. Events are kept for 30 days.",
            status=404,
            code="resource_missing",
            param="id",
        )
    return with_pending_webhooks(box, event)


@route(
    "GET",
    "/v1/events",
    returns="list:event",
    params=lists.paging(
        created=lists.CREATED,
        type=Text(),
        types=Items(Text(), most=MOST_TYPES),
        delivery_success=Boolean(),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    if "type" in params and "types" in params:
        raise StripeError(
            "You may only specify one of these parameters: type, types.",
            code="parameters_exclusive",
            param="types",
        )
    filters = lists.Filters("event").created(params)
    filters.add("created >= ?", oldest(box))
    if wanted := params.get("types") or [params[name] for name in ("type",) if name in params]:
        patterns = [glob(pattern) for pattern in wanted]
        filters.add(
            " OR ".join(["json_extract(body, '$.type') GLOB ?"] * len(patterns)).join("()"), *patterns
        )
    if "delivery_success" in params:
        negation = "NOT " if params["delivery_success"] else ""
        filters.add(
            f"{negation}EXISTS (SELECT 1 FROM delivery WHERE event = object.id AND state != 'delivered')"
        )
    page = lists.page(box, filters, params, url="/v1/events")
    page["data"] = [with_pending_webhooks(box, event) for event in page["data"]]
    return page


def glob(pattern: str) -> str:
    """Return the SQLite GLOB pattern for a Stripe pattern, in which only ``*`` is special."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
