"""Events in the API version of the endpoint that they go to, or as those of another mode or account."""

from typing import Any

from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.versions import rendering
from sandbox.webhooks.previous_attributes import previous


def in_version(box: Box, event: Obj, version: str) -> Obj:
    """
    Return ``event`` as it is rendered in ``version``.

    ``previous_attributes`` follow from the object before and after the change, each in that version's shape.
    """
    if not rendering.undone_for(version):
        return {**event, "api_version": version}
    after, changed = event["data"]["object"], event["data"].get("previous_attributes")
    data = {"object": rendering.render(box, after, version)}
    if changed is not None:
        before = rendering.render(box, with_members(after, changed), version)
        data["previous_attributes"] = previous(before, data["object"])
    return {**event, "api_version": version, "data": data}


def with_members(obj: Any, changed: Any) -> Any:
    """Return ``obj`` with the values of ``changed``, hash by hash."""
    if not isinstance(obj, dict) or not isinstance(changed, dict):
        return changed
    return {**obj, **{name: with_members(obj.get(name), value) for name, value in changed.items()}}


def disguised_as(event: Obj, *, livemode: bool, account: str | None) -> Obj:
    """Return ``event`` as one of live mode, or of a connected account."""
    if livemode:
        event = as_live(event)
    return event if account is None else {**event, "account": account}


def as_live(value: Any) -> Any:
    """Return a copy in which every object is of live mode."""
    if isinstance(value, list):
        return [as_live(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: True if name == "livemode" else as_live(member) for name, member in value.items()}
