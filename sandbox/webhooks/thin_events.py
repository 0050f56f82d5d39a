"""
Thin events: the news that an object changed, without the object.

Each is made from the snapshot event of the same change, and its id from that event's id.
https://docs.stripe.com/events/how-events-work
"""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.core import registry
from sandbox.core.box import Box
from sandbox.core.store import Obj

PREFIX = "v1."  # before the type of a snapshot event
THIN_TYPES = frozenset(Path(__file__).with_name("thin_event_types.txt").read_text().split())
SNAPSHOT_ID, THIN_ID = "evt_", "evt_test_6"
UPCOMING = "invoice.upcoming"  # about an invoice that can't be retrieved


def has_thin_version(event_type: str) -> bool:
    return PREFIX + event_type in THIN_TYPES


def notification(event: Obj) -> Obj:
    """Return what is delivered for the snapshot ``event``."""
    request = event["request"]
    return {
        "id": THIN_ID + event["id"].removeprefix(SNAPSHOT_ID),
        "object": "v2.core.event",
        "context": event.get("account"),
        "created": timestamp(event["created"]),
        "livemode": event["livemode"],
        "reason": {"type": "request", "request": request} if request["id"] else None,
        "related_object": related_object(event),
        "snapshot_event": event["id"],
        "type": PREFIX + event["type"],
    }


def full_event(event: Obj) -> Obj:
    """Return what the API shows: the notification, with what changed."""
    shown, subject = notification(event), event["data"]["object"]
    before = event["data"].get("previous_attributes")
    if before is not None:
        shown["changes"] = {"before": before, "after": {name: subject.get(name) for name in before}}
    if event["type"] == UPCOMING:
        details = (subject["parent"] or {}).get("subscription_details") or {}
        shown["data"] = {"customer": subject["customer"], "subscription": details.get("subscription")}
    return shown


def related_object(event: Obj) -> Obj | None:
    subject = event["data"]["object"]
    template = retrieval(subject["object"])
    if template is None or event["type"] == UPCOMING:
        return None
    return {"id": subject["id"], "type": subject["object"], "url": template + subject["id"]}


def retrieval(kind: str) -> str | None:
    """Return the path under which objects of this kind are found by their id."""
    found = [
        route.template.partition("{")[0]
        for route in registry.ROUTES
        if route.method == "GET" and route.returns == kind and route.template.count("{") == 1
    ]
    return min(found, key=len, default=None)


def find_snapshot(box: Box, thin_id: str) -> Obj | None:
    """Return the snapshot event from which the thin event with this id is made."""
    if not thin_id.startswith(THIN_ID):
        return None
    event = box.store.find(SNAPSHOT_ID + thin_id.removeprefix(THIN_ID), "event")
    return event if event is not None and has_thin_version(event["type"]) else None


def timestamp(moment: float) -> str:
    """Return a time as v2 writes it: ``2026-10-28T06:20:52.000Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
