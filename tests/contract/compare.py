"""What two traces of a recipe don't have in common, each difference with a name."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Obj = dict[str, Any]
ABSENT = object()
SHOWN = 120  # characters of a value


@dataclass
class Step:
    """One recorded request: ``POST /v1/checkout/sessions``, and the shape of its reply."""

    request: str
    status: int
    headers: Obj
    body: Any

    def as_json(self) -> Obj:
        return vars(self)


@dataclass
class Trace:
    """What a recipe did at one target."""

    steps: dict[str, Step] = field(default_factory=dict)
    notes: Obj = field(default_factory=dict)  # facts that a recipe works out, such as a number of hours
    events: list[str] = field(default_factory=list)  # their types, sorted

    def as_json(self) -> Obj:
        steps = {name: step.as_json() for name, step in self.steps.items()}
        return {"steps": steps, "notes": self.notes, "events": self.events}

    @classmethod
    def from_json(cls, stored: Obj) -> "Trace":
        steps = {name: Step(**step) for name, step in stored["steps"].items()}
        return cls(steps, stored["notes"], stored["events"])


@dataclass(frozen=True)
class Difference:
    """``name`` is ``room.recipe/step/body.member``."""

    name: str
    theirs: str  # at Stripe, in its recording or in its documents
    ours: str  # in the sandbox

    def __str__(self) -> str:
        return f"{self.name}: {self.theirs}; the sandbox: {self.ours}"


def compare(recipe: str, theirs: Trace, ours: Trace) -> list[Difference]:
    """Return every difference between Stripe's trace and the sandbox's."""
    found = []
    for name in {**theirs.steps, **ours.steps}:
        there, here = theirs.steps.get(name), ours.steps.get(name)
        if there is None or here is None:
            found.append(Difference(f"{recipe}/{name}", played(there), played(here)))
        else:
            found += step_differences(f"{recipe}/{name}", there, here)
    found += walk(f"{recipe}/notes", theirs.notes, ours.notes)
    return [*found, *event_differences(f"{recipe}/events", theirs.events, ours.events)]


def played(step: Step | None) -> str:
    return "no such step" if step is None else step.request


def step_differences(name: str, there: Step, here: Step) -> Iterator[Difference]:
    if there.request != here.request:
        yield Difference(f"{name}/request", there.request, here.request)
    if there.status != here.status:
        yield Difference(f"{name}/status", str(there.status), str(here.status))
    yield from walk(f"{name}/headers", there.headers, here.headers)
    yield from walk(f"{name}/body", there.body, here.body)


def walk(name: str, there: Any, here: Any) -> Iterator[Difference]:
    """Yield the differences between two shapes, by the dotted path of each member."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in {**there, **here}:
            yield from walk(f"{name}.{key}", there.get(key, ABSENT), here.get(key, ABSENT))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for position, (one, other) in enumerate(zip(there, here, strict=True)):
            yield from walk(f"{name}[{position}]", one, other)
    elif type(there) is not type(here) or there != here:
        yield Difference(name, describe(there), describe(here))


def describe(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    if value is None:
        return "null"
    if isinstance(value, dict) and value:
        return f"an object with {', '.join(value)}"[:SHOWN]
    if isinstance(value, list) and value:
        return f"a list of {len(value)}"
    return repr(value)[:SHOWN]


def event_differences(name: str, there: list[str], here: list[str]) -> Iterator[Difference]:
    theirs, ours = Counter(there), Counter(here)
    for kind in sorted(theirs | ours):
        if theirs[kind] != ours[kind]:
            yield Difference(f"{name}.{kind}", f"{theirs[kind]} times", f"{ours[kind]} times")
