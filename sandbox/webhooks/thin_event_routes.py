"""The second API's events, which are thin."""

import json

from sandbox.core.box import Box
from sandbox.core.errors import missing_object
from sandbox.core.params import Group, Integer, Items, Text, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.webhooks import events
from sandbox.webhooks.event_destinations import MAX_LIMIT, page_of
from sandbox.webhooks.thin_events import PREFIX, find_snapshot, full_event, has_thin_version

PATH = "/v2/core/events"


@route("GET", PATH + "/{id}", returns="v2.core.event", params=Group())
def retrieve(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    event = find_snapshot(box, id)
    if event is None or event["created"] < events.oldest(box):
        raise missing_object("event", id, param="id", in_path=True)
    return full_event(event)


@route(
    "GET",
    PATH,
    returns="list",
    params=Group(
        limit=Integer(least=1, most=MAX_LIMIT),
        object_id=Text(),
        page=Text(),
        types=Items(Text(), most=events.MOST_TYPES),
        **unsupported("created"),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    """Return the thin events of thirty days, newest first."""
    rows = box.store.rows(
        "SELECT body FROM object WHERE kind = 'event' AND created >= ? ORDER BY seq DESC",
        (events.oldest(box),),
    )
    found = [event for event in (json.loads(row["body"]) for row in rows) if is_wanted(event, params)]
    return page_of([full_event(event) for event in found], params, path=PATH)


def is_wanted(event: Obj, params: Obj) -> bool:
    return (
        has_thin_version(event["type"])
        and params.get("object_id") in (None, event["data"]["object"]["id"])
        and ("types" not in params or PREFIX + event["type"] in params["types"])
    )
