"""
The ``expand[]`` parameter: objects in place of their ids.

What Stripe expands and the sandbox doesn't have is accepted, and null.
"""

from typing import Any

from sandbox.core import registry
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Items, Text
from sandbox.core.store import Obj
from sandbox.inventory.stripe_expansions import can_be_expanded
from sandbox.versions.rendering import expanded_then, render

MAX_DEPTH = 4
EXPAND = Items(Text())


def check(returns: str, paths: list[str], version: str) -> None:
    """Raise ``StripeError`` for a path that can't be expanded in ``version``; ``returns`` is the route's."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH + returns.startswith("list:"):
            raise StripeError(
                f"You cannot expand more than {MAX_DEPTH} levels of a property ({path}).", param="expand"
            )
        if not exists(returns, parts, version) and not can_be_expanded(returns, parts):
            raise StripeError(
                f"This property cannot be expanded ({path}).{hint(returns, path)}", param="expand"
            )


def hint(returns: str, path: str) -> str:
    if not returns.startswith("list:") or path.split(".")[0] == "data":
        return ""
    return f" You may want to try expanding 'data.{path}' instead."


def exists(kind: str | None, parts: list[str], version: str) -> bool:
    if kind is None or not parts:
        return False
    name, rest = parts[0], parts[1:]
    if ".".join(parts) in registry.INCLUDABLE[kind]:
        return True
    if kind.startswith("list:"):
        return name == "data" and exists(kind.removeprefix("list:"), rest, version)
    if name in registry.INCLUDABLE[kind]:
        return not rest or exists(registry.INCLUDABLE[kind][name].kind, rest, version)
    if name in (members := {**registry.EXPANDABLE[kind], **expanded_then(kind, version)}):
        return not rest or exists(members[name], rest, version)
    return bool(rest) and exists(registry.HELD[kind].get(name), rest, version)


def apply(box: Box, obj: Obj, paths: list[str], version: str) -> Obj:
    """Return ``obj`` in the shape of ``version``, with ``paths``, which ``check`` has accepted, expanded."""
    rendered: Obj = render(box, obj, version)
    for path in paths:
        fill(box, rendered, path.split("."), version)
    return rendered


def fill(box: Box, value: Any, parts: list[str], version: str) -> None:
    """Put objects in the place of their ids along a path."""
    if isinstance(value, list):
        for item in value:
            fill(box, item, parts, version)
    if not parts or not isinstance(value, dict):
        return
    name, rest = parts[0], parts[1:]
    includable = registry.INCLUDABLE[value.get("object", "")]
    if rest and (deep := includable.get(".".join(parts))) is not None:
        value[name][rest[0]] = render(box, deep.make(box, value), version)
        return
    include = includable.get(name)
    if include is not None and name not in value:
        if (made := include.make(box, value)) is not None:
            value[name] = render(box, made, version)
    elif name in value:
        value[name] = found(box, value[name], version)
    fill(box, value.get(name), rest, version)


def found(box: Box, value: Any, version: str) -> Any:
    """Return the object, or the list of objects, that an id or a list of ids stands for."""
    if isinstance(value, list):
        return [found(box, item, version) for item in value]
    if not isinstance(value, str):
        return value
    obj = box.store.find(value)
    if obj is not None and box.store.private(value).get("is_deleted"):
        return {"id": obj["id"], "object": obj["object"], "deleted": True}
    return render(box, obj, version) if obj is not None else value
