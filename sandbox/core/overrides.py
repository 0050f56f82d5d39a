"""
Values of the future: members of stored objects that replies and events show with other values.

Stripe adds statuses, and documents some members as null that hardly ever are. What is stored stays as it is,
so the sandbox goes on with the value that it knows.
"""

import json
from typing import Any

from sandbox.core.box import Box
from sandbox.core.store import Obj

ABSENT = "absent"  # in an override: the names of members to leave out


def overrides(box: Box) -> dict[str, Obj]:
    """Return the overrides by object id."""
    found: dict[str, Obj] = box.store.setting("overrides", {})
    return found


def shown_in(box: Box) -> list[str]:
    """Return the ids of the requests and events that have shown an overridden member."""
    found: list[str] = box.store.setting("overrides.shown_in", [])
    return found


def override(box: Box, wanted: str, members: Obj) -> None:
    """Show these members of an object from now on, besides those that are overridden already."""
    kept = overrides(box)
    before = kept.get(wanted, {})
    absent = {ABSENT: [*before.get(ABSENT, []), *members.get(ABSENT, [])]}
    box.store.set("overrides", {**kept, wanted: merged(before, members) | absent})


def clear(box: Box, wanted: str) -> None:
    """Show an object as it is stored again."""
    kept = overrides(box)
    box.store.set("overrides", {name: members for name, members in kept.items() if name != wanted})


def rendered(box: Box, obj: Obj, *, into: str) -> Obj:
    """Return an object as it is shown in the request or event ``into``, also in what it contains."""
    known = overrides(box)
    if not known:
        return obj
    plain: Obj = json.loads(json.dumps(obj))
    shown: Obj = with_overrides(plain, known)
    if shown != plain:
        box.store.set("overrides.shown_in", [*shown_in(box), into])
    return shown


def with_overrides(value: Any, known: dict[str, Obj]) -> Any:
    if isinstance(value, list):
        return [with_overrides(item, known) for item in value]
    if not isinstance(value, dict) or value.get("object") == "event":  # An event never changes.
        return value
    shown = {name: with_overrides(member, known) for name, member in value.items()}
    members = known.get(str(shown.get("id")))
    if members is None:
        return shown
    shown = merged(shown, {name: member for name, member in members.items() if name != ABSENT})
    return {name: member for name, member in shown.items() if name not in members[ABSENT]}


def merged(old: Obj, given: Obj) -> Obj:
    """Return ``old`` updated by ``given``, also within hashes."""
    found = dict(old)
    for name, value in given.items():
        inner = found.get(name)
        found[name] = merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return found
