"""Webhook endpoints: where events are delivered, and the secrets that sign them."""

import json
from pathlib import Path

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import Boolean, Choice, Group, Items, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import route
from sandbox.core.settings import API_VERSION
from sandbox.core.store import Obj
from sandbox.core.validators import web_address
from sandbox.versions.api_versions import API_VERSIONS
from sandbox.webhooks import thin_events

MOST = 16  # per account
EVENT_TYPES = Path(__file__).with_name("event_types.txt").read_text().split()

ENABLED_EVENTS = Items(Choice("*", *EVENT_TYPES))
CREATE = Group(
    url=Text(required=True, check=web_address),
    enabled_events=Items(Choice("*", *EVENT_TYPES), required=True),
    api_version=Choice(*API_VERSIONS),
    description=Text(unset=True),
    metadata=Metadata(unset=True),
    **unsupported("connect"),
)
UPDATE = Group(
    url=Text(check=web_address),
    enabled_events=ENABLED_EVENTS,
    description=Text(unset=True),
    metadata=Metadata(unset=True),
    disabled=Boolean(),
)


def new_endpoint(box: Box, params: Obj, *, secrets: list[str], from_command_line: bool) -> Obj:
    endpoint = {
        "id": new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": box.clock.now(),
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": merged_metadata({}, params.get("metadata") or {}),
        "status": "enabled",
        "url": params["url"],
    }
    return box.store.add(endpoint, secrets=secrets, from_command_line=from_command_line)


def configure(box: Box) -> None:
    """Create the command line's endpoint, or update the one from an earlier start."""
    if box.settings.webhook is None:
        return
    secrets = list(box.settings.secrets)
    row = box.store.execute(
        "SELECT id FROM object "
        "WHERE kind = 'webhook_endpoint' AND json_extract(private, '$.from_command_line')"
    ).fetchone()
    if row is None:
        params = {"url": box.settings.webhook, "enabled_events": ["*"], "api_version": API_VERSION}
        new_endpoint(box, params, secrets=secrets, from_command_line=True)
        return
    endpoint = box.store.get(row["id"])
    latest = {"url": box.settings.webhook, "status": "enabled", "api_version": API_VERSION}
    box.store.save({**endpoint, **latest})
    box.store.keep(row["id"], secrets=secrets)


def all_endpoints(box: Box) -> list[Obj]:
    """Return every endpoint: those of v1, and v2's event destinations."""
    rows = box.store.rows(
        "SELECT body FROM object WHERE kind IN ('webhook_endpoint', 'v2.core.event_destination') ORDER BY seq"
    )
    return [json.loads(row["body"]) for row in rows]


def interested_in(box: Box, event_type: str) -> list[Obj]:
    """Return the enabled endpoints that asked for this type of event, or for its thin version."""
    return [
        endpoint
        for endpoint in all_endpoints(box)
        if endpoint["status"] == "enabled" and wants(endpoint, event_type)
    ]


def wants(endpoint: Obj, event_type: str) -> bool:
    if is_thin(endpoint):
        name = thin_events.PREFIX + event_type
        return name in thin_events.THIN_TYPES and bool({"*", name} & set(endpoint["enabled_events"]))
    return bool({"*", event_type} & set(endpoint["enabled_events"]))


def is_thin(endpoint: Obj) -> bool:
    return bool(endpoint.get("event_payload") == "thin")


def version_of(endpoint: Obj) -> str | None:
    """Return the API version of an endpoint's events; None for the account's own."""
    return endpoint.get("api_version") or endpoint.get("snapshot_api_version")


def address_of(endpoint: Obj) -> str:
    return str(endpoint["url"] if "url" in endpoint else endpoint["webhook_endpoint"]["url"])


def check_room(box: Box) -> None:
    """Raise ``StripeError`` if the account can't have one more endpoint."""
    if len(all_endpoints(box)) >= MOST:
        raise StripeError(f"You have reached the maximum of {MOST} test webhook endpoints.")


@route("POST", "/v1/webhook_endpoints", returns="webhook_endpoint", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    check_room(box)
    secret = new_id("whsec_")
    endpoint = new_endpoint(box, params, secrets=[secret], from_command_line=False)
    return {**endpoint, "secret": secret}


@route("GET", "/v1/webhook_endpoints/{webhook_endpoint}", returns="webhook_endpoint", params=Group())
def retrieve(box: Box, params: Obj, webhook_endpoint: str) -> Obj:
    return box.find("webhook_endpoint", webhook_endpoint, param="webhook_endpoint", in_path=True)


@route("GET", "/v1/webhook_endpoints", returns="list:webhook_endpoint", params=lists.paging())
def list_all(box: Box, params: Obj) -> Obj:
    return lists.page(box, lists.Filters("webhook_endpoint"), params, url="/v1/webhook_endpoints")


@route("POST", "/v1/webhook_endpoints/{webhook_endpoint}", returns="webhook_endpoint", params=UPDATE)
def update(box: Box, params: Obj, webhook_endpoint: str) -> Obj:
    found = box.find("webhook_endpoint", webhook_endpoint, param="webhook_endpoint", in_path=True)
    found |= {name: params[name] for name in ("url", "enabled_events") if name in params}
    if "description" in params:
        found["description"] = params["description"] or None
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if "disabled" in params:
        found["status"] = "disabled" if params["disabled"] else "enabled"
    box.store.save(found)
    box.wake()
    return found


@route("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}", returns="webhook_endpoint", params=Group())
def delete(box: Box, params: Obj, webhook_endpoint: str) -> Obj:
    found = box.find("webhook_endpoint", webhook_endpoint, param="webhook_endpoint", in_path=True)
    box.store.delete(found["id"])
    return {"id": found["id"], "object": "webhook_endpoint", "deleted": True}
