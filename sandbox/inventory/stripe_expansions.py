"""What can be expanded at Stripe."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = "-"  # a member that is no object
HELD = "="  # before the kind of an object that is always there, whole


def read() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for line in Path(__file__).with_name("expandable.txt").read_text().splitlines():
        kind, member, targets = line.split()
        found[kind][member] = [] if targets == UNKNOWN else targets.split("|")
    return dict(found)


EXPANDABLE = read()  # kind -> member, through hashes as a.b -> its kinds


def can_be_expanded(kind: str, parts: list[str]) -> bool:
    """Return whether Stripe expands the path ``parts`` of an object, or list, of this kind."""
    if kind.startswith("list:"):
        if parts[0] != "data" or len(parts) == 1:
            return False
        return can_be_expanded(kind.removeprefix("list:"), parts[1:])
    for targets, rest in matches(kind, parts):
        if not rest and not any(target.startswith(HELD) for target in targets):
            return True
        if rest and any(can_be_expanded(target.removeprefix(HELD), rest) for target in targets):
            return True
    return False


def matches(kind: str, parts: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the kinds of each member that ``parts`` begins with, and what is left of ``parts``."""
    members = EXPANDABLE.get(kind, {})
    for length in range(1, len(parts) + 1):
        if (member := ".".join(parts[:length])) in members:
            yield members[member], parts[length:]
