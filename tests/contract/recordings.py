"""
Recordings of recipes, a JSON file for each room, and what is known about Stripe without them.

A recording's ``source`` says where it comes from: ``stripe`` is Stripe's test mode, ``sandbox`` is the
sandbox's own baseline, which proves nothing about Stripe: it only shows when the sandbox changes.
"""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.contract.compare import ABSENT, Difference, Trace, describe, walk
from tests.contract.shapes import Obj
from tests.contract.targets import VERSION

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
NOTES = {
    "stripe": "Recorded at Stripe, in test mode.",
    "sandbox": "The sandbox's own baseline. Nobody has compared this recipe with Stripe yet.",
}


@dataclass(frozen=True)
class Recording:
    trace: Trace
    source: Obj

    @property
    def is_stripes(self) -> bool:
        return bool(self.source["from"] == "stripe")


class Recordings:
    """The recordings in a folder."""

    def __init__(self, folder: Path = RECORDINGS) -> None:
        self.folder = folder
        self.rooms: dict[str, Obj] = {}

    def room(self, name: str) -> Obj:
        if name not in self.rooms:
            file = self.folder / f"{name}.json"
            self.rooms[name] = json.loads(file.read_text()) if file.exists() else {}
        return self.rooms[name]

    def get(self, recipe: str) -> Recording | None:
        room, _, name = recipe.partition(".")
        stored = self.room(room).get(name)
        return Recording(Trace.from_json(stored), stored["source"]) if stored else None

    def put(self, recipe: str, trace: Trace, *, origin: str) -> bool:
        """Store a trace and return whether that changed anything. The sandbox never overwrites Stripe."""
        kept = self.get(recipe)
        if kept is not None and kept.is_stripes and origin == "sandbox":
            return False
        if kept is not None and kept.source["from"] == origin and kept.trace == trace:
            return False
        room, _, name = recipe.partition(".")
        on = datetime.now(UTC).date().isoformat()
        source = {"from": origin, "on": on, "version": VERSION, "says": NOTES[origin]}
        self.room(room)[name] = {"source": source, **trace.as_json()}
        return True

    def save(self, known: set[str]) -> None:
        """Write the files, without recipes that aren't ``known`` any more."""
        self.folder.mkdir(exist_ok=True)
        for name, stored in self.rooms.items():
            kept = {recipe: it for recipe, it in sorted(stored.items()) if f"{name}.{recipe}" in known}
            (self.folder / f"{name}.json").write_text(pretty(kept) + "\n")


def pretty(value: Any, depth: int = 0, *, deepest: int = 5) -> str:
    """Return JSON with a line for each member of a body, and not for each of the members' members."""
    if depth == deepest or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (depth + 1)
    lines = [
        f"{pad}{json.dumps(key)}: {pretty(item, depth + 1, deepest=deepest)}" for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"


@dataclass(frozen=True)
class Fact:
    """Something that Stripe's documents, or recordings of others, say about a step of a recipe."""

    recipe: str
    step: str
    source: str
    shapes: Obj  # by path, such as "body.error.code"
    members: dict[str, list[str]]  # by path: all members that an object has there
    events: list[str]

    @property
    def count(self) -> int:
        return len(self.shapes) + sum(len(names) for names in self.members.values()) + len(self.events)

    def differences(self, trace: Trace) -> list[Difference]:
        name = f"{self.recipe}/{self.step or 'events'}"
        found: list[Difference] = []
        if self.step:
            step = trace.steps[self.step]
            reply = {"status": step.status, "headers": step.headers, "body": step.body}
            for path, expected in self.shapes.items():
                found += walk(f"{name}/{path}", meant(expected), at(reply, path))
            for path, names in self.members.items():
                found += self.member_differences(f"{name}/{path}", names, at(reply, path))
        for kind in self.events:
            if kind not in trace.events:
                found.append(Difference(f"{name}.{kind}", "sent", "not sent"))
        return [Difference(it.name, f"{it.theirs} ({self.source})", it.ours) for it in found]

    def member_differences(self, name: str, names: list[str], here: Any) -> list[Difference]:
        if not isinstance(here, dict):
            return [Difference(name, "an object", describe(here))]
        missing = [Difference(f"{name}.{it}", "present", "absent") for it in names if it not in here]
        return missing + [Difference(f"{name}.{it}", "absent", "present") for it in here if it not in names]


def meant(value: Any) -> Any:
    """Return what a value of ``documented.toml`` stands for: TOML has no null."""
    if isinstance(value, dict):
        return {key: meant(item) for key, item in value.items()}
    return {"(absent)": ABSENT, "(null)": None}.get(value, value) if isinstance(value, str) else value


def at(value: Any, path: str) -> Any:
    """Return what is at a path such as ``body.items.data.0.price``, or ``ABSENT``."""
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ABSENT
    return value


def facts(file: Path = HERE / "documented.toml") -> list[Fact]:
    """Return all documented facts."""
    found = []
    for entry in tomllib.loads(file.read_text()).get("fact", []):
        members = {path: names.split() for path, names in entry.get("members", {}).items()}
        found.append(
            Fact(
                recipe=entry["recipe"],
                step=entry.get("step", ""),
                source=entry["source"],
                shapes=entry.get("shapes", {}),
                members=members,
                events=entry.get("events", []),
            )
        )
    return found


@dataclass(frozen=True)
class Accepted:
    """A difference that is accepted; ``*`` in its name stands for anything."""

    name: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        return fnmatchcase(difference.name, self.name.replace("[", "[[]"))


def accepted(file: Path = HERE / "accepted.toml") -> list[Accepted]:
    """Return the differences that are accepted, with their reasons."""
    found = [
        Accepted(entry["name"], entry["reason"].strip())
        for entry in tomllib.loads(file.read_text()).get("accepted", [])
    ]
    for entry in found:
        if not entry.reason or entry.name.strip("*/.") == "":
            raise SystemExit(f"accepted.toml: {entry.name!r} needs a name of its own and a reason.")
    return found
