"""The ``expand[]`` parameter: objects in place of their ids."""

from typing import Any

from sandbox.core import registry
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Items, Text
from sandbox.core.store import Obj

MAX_DEPTH = 4
EXPAND = Items(Text())


def check(returns: str, paths: list[str]) -> None:
    """Raise ``StripeError`` for a path that can't be expanded; ``returns`` is the route's."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH + returns.startswith("list:"):
            raise StripeError(
                f"You cannot expand more than {MAX_DEPTH} levels of a property ({path}).", param="expand"
            )
        if not exists(returns, parts):
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")


def exists(kind: str | None, parts: list[str]) -> bool:
    if kind is None or not parts:
        return False
    name, rest = parts[0], parts[1:]
    if ".".join(parts) in registry.INCLUDABLE[kind]:
        return True
    if kind.startswith("list:"):
        return name == "data" and exists(kind.removeprefix("list:"), rest)
    if name in registry.INCLUDABLE[kind]:
        return not rest or exists(registry.INCLUDABLE[kind][name].kind, rest)
    if name in registry.EXPANDABLE[kind]:
        return not rest or exists(registry.EXPANDABLE[kind][name], rest)
    return bool(rest) and exists(registry.HELD[kind].get(name), rest)


def apply(box: Box, obj: Obj, paths: list[str]) -> Obj:
    """Expand ``paths``, which ``check`` has accepted, in ``obj`` and return it."""
    for path in paths:
        fill(box, obj, path.split("."))
    return obj


def fill(box: Box, value: Any, parts: list[str]) -> None:
    if not parts or not isinstance(value, dict):
        return
    name, rest = parts[0], parts[1:]
    if value.get("object") == "list" and name == "data":
        for item in value["data"]:
            fill(box, item, rest)
        return
    includable = registry.INCLUDABLE[value.get("object", "")]
    if rest and (deep := includable.get(".".join(parts))) is not None:
        value[name][rest[0]] = deep.make(box, value)
        return
    include = includable.get(name)
    if include is not None and name not in value:
        value[name] = include.make(box, value)
    elif name in value:
        value[name] = found(box, value[name])
    for each in value[name] if isinstance(value.get(name), list) else [value.get(name)]:
        fill(box, each, rest)


def found(box: Box, value: Any) -> Any:
    """Return the object in place of its id; in a list, in place of each."""
    if isinstance(value, list):
        return [found(box, each) for each in value]
    return (box.store.find(value) or value) if isinstance(value, str) else value
