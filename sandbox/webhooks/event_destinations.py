"""
Event destinations: endpoints as the second API has them, for snapshot events or thin ones.

https://docs.stripe.com/api/v2/core/event-destinations
"""

import json
from typing import Any

from sandbox.core.box import Box
from sandbox.core.errors import StripeError, not_supported
from sandbox.core.ids import new_id
from sandbox.core.params import (
    Choice,
    Group,
    Integer,
    Items,
    Metadata,
    Text,
    merged_metadata,
    required,
    unsupported,
)
from sandbox.core.registry import route
from sandbox.core.settings import API_VERSION
from sandbox.core.store import Obj
from sandbox.core.validators import web_address
from sandbox.versions.api_versions import API_VERSIONS
from sandbox.webhooks import webhook_endpoints
from sandbox.webhooks.thin_events import THIN_TYPES, timestamp

KIND = "v2.core.event_destination"
PATH = "/v2/core/event_destinations"
TYPE = "webhook_endpoint"
DEFAULT_LIMIT, MAX_LIMIT = 20, 100
SECRET, URL = "webhook_endpoint.signing_secret", "webhook_endpoint.url"
INCLUDE = Items(Choice(SECRET, URL))
ONE = Group(include=INCLUDE)

CREATE = Group(
    name=Text(required=True),
    type=Choice(TYPE, "amazon_eventbridge", "azure_event_grid", required=True),
    event_payload=Choice("snapshot", "thin", required=True),
    enabled_events=Items(Text(), required=True),
    description=Text(unset=True),
    events_from=Items(Choice("@self", "self")),
    include=INCLUDE,
    metadata=Metadata(unset=True),
    snapshot_api_version=Choice(*API_VERSIONS),
    webhook_endpoint=required(Group(url=Text(required=True, check=web_address))),
    **unsupported("amazon_eventbridge azure_event_grid"),
)
UPDATE = Group(
    name=Text(),
    enabled_events=Items(Text()),
    description=Text(unset=True),
    include=INCLUDE,
    metadata=Metadata(unset=True),
    webhook_endpoint=Group(url=Text(check=web_address)),
)


@route("POST", PATH, returns=KIND, params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    if params["type"] != TYPE:
        raise not_supported(f"the type {params['type']}", "type")
    check_events(params["enabled_events"], params["event_payload"])
    webhook_endpoints.check_room(box)
    is_thin, now = params["event_payload"] == "thin", box.clock.now()
    if is_thin and "snapshot_api_version" in params:
        raise StripeError("Thin events have no version: snapshot_api_version is for snapshot events.")
    destination = {
        "id": new_id("ed_test_6"),
        "object": KIND,
        "created": now,
        "description": params.get("description", ""),
        "enabled_events": params["enabled_events"],
        "event_payload": params["event_payload"],
        "events_from": params.get("events_from", ["@self"]),
        "livemode": False,
        "metadata": merged_metadata({}, params.get("metadata") or {}),
        "name": params["name"],
        "snapshot_api_version": None if is_thin else params.get("snapshot_api_version", API_VERSION),
        "status": "enabled",
        "type": TYPE,
        "updated": now,
        "webhook_endpoint": {"url": params["webhook_endpoint"]["url"]},
    }
    secret = new_id("whsec_")
    box.store.add(destination, secrets=[secret])
    return shown(destination, params, secret=secret)


def check_events(types: list[str], payload: str) -> None:
    """Raise ``StripeError`` for types that there are no events of in this form."""
    known = THIN_TYPES if payload == "thin" else webhook_endpoints.EVENT_TYPES
    for event_type in types:
        if event_type != "*" and event_type not in known:
            raise StripeError(f"{event_type} is not a type of {payload} events.", code="invalid_fields")


def shown(destination: Obj, params: Obj, *, secret: str | None = None) -> Obj:
    """Return a destination as v2 shows it: without what is null, or isn't included."""
    asked = params.get("include", [])
    address = destination["webhook_endpoint"] if URL in asked else {}
    if secret is not None and SECRET in asked:
        address = {**address, "signing_secret": secret}
    times: dict[str, Any] = {name: timestamp(destination[name]) for name in ("created", "updated")}
    found = {**destination, **times, "webhook_endpoint": address or None}
    if destination["status"] == "disabled":
        found["status_details"] = {"disabled": {"reason": "user"}}
    return {name: value for name, value in found.items() if value is not None}


@route(
    "GET",
    PATH,
    returns="list",
    params=Group(limit=Integer(least=1, most=MAX_LIMIT), page=Text(), include=INCLUDE),
)
def list_all(box: Box, params: Obj) -> Obj:
    rows = box.store.rows("SELECT body FROM object WHERE kind = ? ORDER BY seq DESC", (KIND,))
    return page_of([shown(json.loads(row["body"]), params) for row in rows], params, path=PATH)


def page_of(items: list[Obj], params: Obj, *, path: str) -> Obj:
    """Return a page as v2 has it; ``page`` is the id that the page before ended with."""
    ids, limit = [item["id"] for item in items], params.get("limit", DEFAULT_LIMIT)
    if "page" in params and params["page"] not in ids:
        raise StripeError("There is no such page.", code="invalid_fields")
    first = ids.index(params["page"]) + 1 if "page" in params else 0
    data, rest = items[first : first + limit], items[first + limit :]
    following = f"{path}?limit={limit}&page={data[-1]['id']}" if rest else None
    return {"data": data, "next_page_url": following, "previous_page_url": None}


@route("GET", PATH + "/{id}", returns=KIND, params=ONE)
def retrieve(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    return shown(find(box, id), params)


def find(box: Box, wanted: str) -> Obj:
    return box.find(KIND, wanted, param="id", in_path=True)


@route("POST", PATH + "/{id}", returns=KIND, params=UPDATE)
def update(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    found = find(box, id)
    if "enabled_events" in params:
        check_events(params["enabled_events"], found["event_payload"])
    found |= {name: params[name] for name in ("name", "description", "enabled_events") if name in params}
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    found["webhook_endpoint"] |= params.get("webhook_endpoint", {})
    return saved(box, found, params)


def saved(box: Box, destination: Obj, params: Obj) -> Obj:
    destination["updated"] = box.clock.now()
    box.store.save(destination)
    box.wake()
    return shown(destination, params)


@route("POST", PATH + "/{id}/disable", returns=KIND, params=ONE)
def disable(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    return saved(box, {**find(box, id), "status": "disabled"}, params)


@route("POST", PATH + "/{id}/enable", returns=KIND, params=ONE)
def enable(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    return saved(box, {**find(box, id), "status": "enabled"}, params)


@route("DELETE", PATH + "/{id}", returns=KIND, params=Group())
def delete(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    box.store.delete(find(box, id)["id"])
    return {"id": id, "object": KIND}
