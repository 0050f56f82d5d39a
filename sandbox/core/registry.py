"""
Where resources register.

The module of a Stripe object registers its routes, its timers, its expandable members and the events it
listens to. To add a resource, write a module and name it in ``app.RESOURCES``.
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
    """
    A member that is left out unless it is expanded, and also then if ``make`` returns None.

    ``kind`` is that of the object it returns.
    """

    make: Callable[[Box, Obj], Any]
    kind: str | None = None


ROUTES: list[Route] = []
TIMERS: dict[str, Callable[[Box, str], None]] = {}
LISTENERS: dict[str, list[Callable[[Box, Obj], None]]] = defaultdict(list)
EXPANDABLE: dict[str, dict[str, str | None]] = defaultdict(dict)
INCLUDABLE: dict[str, dict[str, Include]] = defaultdict(dict)
HELD: dict[str, dict[str, str]] = defaultdict(dict)


def route(method: str, template: str, *, returns: str, params: Group) -> Callable[[Handler], Handler]:
    """Serve ``method`` on ``template``; the handler takes (box, params, **path) and returns the object."""
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template))

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, pattern, params, returns, handler))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a request and the ids in its path; literal segments win over placeholders."""
    found = [
        (entry, match.groupdict())
        for entry in ROUTES
        if entry.method == method and (match := entry.pattern.fullmatch(path))
    ]
    return min(found, key=lambda pair: len(pair[1]), default=None)


def timer(kind: str) -> Callable[[Callable[[Box, str], None]], Callable[[Box, str], None]]:
    """Call the function with a timer's subject, in a transaction, when one of this kind is due."""

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
    """Declare members that hold ids, each with the kind it points to; None if the sandbox lacks that kind."""
    EXPANDABLE[kind].update(members)


def includes(kind: str, **members: Include) -> None:
    """Declare members that are left out unless they are expanded, or members of members (``a.b``)."""
    INCLUDABLE[kind].update(members)


def holds(kind: str, **members: str) -> None:
    """Declare members that hold a whole object of a kind, whose own members can be expanded."""
    HELD[kind].update(members)
