"""What places cost together. The server and the page's script compute it, and have to agree."""

from dataclasses import dataclass, field
from typing import Any

TYPES: dict[str, dict[str, Any]] = {
    "adult": {"price": None, "percent": 0, "membersOnly": False},
    "child": {"price": None, "percent": 50, "membersOnly": False},
    "third": {"price": None, "percent": 33, "membersOnly": False},
    "carer": {"price": 0, "percent": 0, "membersOnly": False},
    "early": {"price": 1500, "percent": 0, "membersOnly": False},
    "friend": {"price": 3000, "percent": 0, "membersOnly": True},
    "nearly": {"price": None, "percent": 99, "membersOnly": False},
}


@dataclass(frozen=True)
class Case:
    """``places`` are pairs of what one costs by itself and the slug of its type, "" at full price."""

    name: str
    places: list[tuple[int, str]]
    prices: list[int]
    member: dict[str, Any] | None = None
    code: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


CASES = [
    Case(
        "types",
        [(4200, ""), (4200, "adult"), (4200, "child"), (4200, "carer"), (4200, "early")],
        [4200, 4200, 2100, 0, 1500],
    ),
    Case("rounded down", [(4205, "child"), (3333, "third")], [2102, 2233]),
    Case("never below the least that can be charged", [(4200, "nearly"), (0, "child")], [50, 0]),
    Case("20 % less", [(4200, ""), (4200, "child"), (0, "")], [3360, 1680, 0], code={"percent": 20}),
    Case("all of it", [(4200, ""), (2500, "child")], [0, 0], code={"percent": 100}),
    Case("never below the least with a code", [(60, ""), (4200, "")], [50, 3360], code={"percent": 20}),
    Case("an amount off the dearest", [(1000, ""), (4200, "")], [1000, 3200], code={"amount": 1000}),
    Case("an amount off several", [(1000, ""), (4200, "")], [500, 0], code={"amount": 4700}),
    Case("an amount off more than all", [(1000, ""), (2000, "")], [0, 0], code={"amount": 9000}),
    Case("an amount that leaves too little", [(1000, "")], [50], code={"amount": 980}),
    Case(
        "off children only",
        [(4200, "adult"), (4200, "child")],
        [4200, 1680],
        code={"percent": 20, "types": ["child"]},
    ),
    Case("off one place", [(3200, ""), (4200, "")], [3200, 3360], code={"percent": 20, "most": 1}),
    Case("a member", [(4200, ""), (4200, "child")], [3780, 1890], member={"percent": 10, "left": None}),
    Case("a member's dearest", [(3200, ""), (4200, "")], [3200, 3780], member={"percent": 10, "left": 1}),
    Case("none left for a member", [(4200, "")], [4200], member={"percent": 10, "left": 0}),
    Case(
        "a member's own type",
        [(4200, "friend"), (4200, "")],
        [3000, 3780],
        member={"percent": 10, "left": None},
    ),
    Case("a free place of a member", [(4200, "carer")], [0], member={"percent": 50, "left": None}),
    Case("the least for a member", [(60, "")], [50], member={"percent": 90, "left": None}),
    Case(
        "a member with a code",
        [(4200, "")],
        [3024],
        member={"percent": 10, "left": None},
        code={"percent": 20},
    ),
]


def terms(case: Case) -> dict[str, Any]:
    """Return what the page's script is given for ``case``."""
    code = {"percent": None, "amount": None, "most": None, "types": [], **case.code} if case.code else None
    return {"types": TYPES, "member": case.member, "code": code, "increment": 1, "least": 50}
