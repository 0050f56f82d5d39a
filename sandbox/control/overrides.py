"""Control of what objects are shown as: values that Stripe may send one day, and documented nulls."""

from sandbox.control.surface import Refused, control
from sandbox.core import overrides
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit


@control("GET", "overrides")
def show(box: Box, given: Obj) -> Obj:
    """Show the overrides by object, and the ids of the requests and events that have shown one."""
    return {"objects": overrides.overrides(box), "shown_in": overrides.shown_in(box)}


@control("POST", "objects/{object_id}")
def override(box: Box, given: Obj, object_id: str) -> Obj:
    """Show an object's members with other values: ``{"status": "banana"}``, ``{"absent": ["charge"]}``."""
    check(box, object_id)
    absent = given.get(overrides.ABSENT, [])
    if not given:
        raise Refused('Give the members to show, such as {"status": "banana"}.')
    if not isinstance(absent, list) or not all(isinstance(name, str) for name in absent):
        raise Refused("absent is a list of the members to leave out.")
    with box.store.transaction():
        overrides.override(box, object_id, given)
    return show(box, given)


@control("DELETE", "objects/{object_id}")
def clear(box: Box, given: Obj, object_id: str) -> Obj:
    """Show an object as it is stored again."""
    check(box, object_id)
    with box.store.transaction():
        overrides.clear(box, object_id)
    return show(box, given)


@control("POST", "objects/{object_id}/event")
def emit_event(box: Box, given: Obj, object_id: str) -> Obj:
    """Emit an event about an object as it is shown: ``{"type": "refund.updated", "previous": {…}}``."""
    found, event_type, previous = check(box, object_id), given.get("type"), given.get("previous")
    if not isinstance(event_type, str) or not event_type:
        raise Refused("Give the event's type, such as refund.updated.")
    if not isinstance(previous, dict | None):
        raise Refused("previous is a hash of the members as they were.")
    with box.store.transaction():
        emit(box, event_type, found, previous=previous)
    return {"type": event_type}


def check(box: Box, object_id: str) -> Obj:
    found = box.store.find(object_id)
    if found is None:
        raise Refused("No such object.", 404)
    return found
