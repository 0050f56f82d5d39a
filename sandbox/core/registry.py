"""
Where resources announce themselves.

A module that knows a Stripe object declares its routes, its timers, what may be expanded in it and which
events it wants to hear of. A new resource is a new module, named in ``app.RESOURCES``; no other is edited.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.core.box import Box
from sandbox.core.params import Group
from sandbox.core.store import Obj

Handler = Callable[..., Obj]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    params: Group
    returns: str  # the kind of object, or "list:<kind>"
    handler: Handler


@dataclass(frozen=True)
class Include:
    """A member that is left out unless it is expanded; ``kind`` says what may be expanded within it."""

    make: Callable[[Box, Obj], Any]
    kind: str | None = None


ROUTES: list[Route] = []
TIMERS: dict[str, Callable[[Box, str], None]] = {}
LISTENERS: dict[str, list[Callable[[Box, Obj], None]]] = defaultdict(list)
EXPANDABLE: dict[str, dict[str, str | None]] = defaultdict(dict)
INCLUDABLE: dict[str, dict[str, Include]] = defaultdict(dict)
HELD: dict[str, dict[str, str]] = defaultdict(dict)


def route(method: str, template: str, *, returns: str, params: Group) -> Callable[[Handler], Handler]:
    """Serve ``method`` on ``template``; the handler gets (box, params, **path) and returns the object."""
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template))

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, pattern, params, returns, handler))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a request and the ids in its path; a literal segment wins over a placeholder."""
    found = [
        (entry, match.groupdict())
        for entry in ROUTES
        if entry.method == method and (match := entry.pattern.fullmatch(path))
    ]
    return min(found, key=lambda pair: len(pair[1]), default=None)


def timer(kind: str) -> Callable[[Callable[[Box, str], None]], Callable[[Box, str], None]]:
    """Call the function, in a transaction, when a timer of this kind is due."""

    def register(handler: Callable[[Box, str], None]) -> Callable[[Box, str], None]:
        TIMERS[kind] = handler
        return handler

    return register


def listener(event_type: str) -> Callable[[Callable[[Box, Obj], None]], Callable[[Box, Obj], None]]:
    """Call the function with the event's object, in the transaction that writes the event."""

    def register(handler: Callable[[Box, Obj], None]) -> Callable[[Box, Obj], None]:
        LISTENERS[event_type].append(handler)
        return handler

    return register


def expands(kind: str, **members: str | None) -> None:
    """Declare members that hold ids, and the kind each points to; None where the sandbox has no such kind."""
    EXPANDABLE[kind].update(members)


def includes(kind: str, **members: Include) -> None:
    """Declare members that are left out unless they are expanded."""
    INCLUDABLE[kind].update(members)


def holds(kind: str, **members: str) -> None:
    """Declare members that hold a whole object, in which others may be expanded."""
    HELD[kind].update(members)
