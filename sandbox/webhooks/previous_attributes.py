"""The ``previous_attributes`` of an event."""

from typing import Any

from sandbox.core.store import Obj


def previous(before: Obj, after: Obj) -> dict[str, Any]:
    """Return the old values of the members that changed; of a hash only the members that changed."""
    return {
        name: previous_of(before.get(name), after.get(name))
        for name in [*before, *(name for name in after if name not in before)]
        if before.get(name) != after.get(name)
    }


def previous_of(old: Any, new: Any) -> Any:
    return previous(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
