"""
Hold objects against what npm's ``stripe`` declares, which says what may be absent, and what null.

``declared.json`` is made by ``typescript.py``. Members that aren't declared are errors here too.
"""

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from tests.support.stripe_schema.typescript import DATA

Obj = dict[str, Any]
Kind = Any

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
PAGE = {"object", "data", "has_more", "url"}


class Declared:
    """
    The declarations.

    ``checked`` counts the objects that were held against them by kind, wherever they stand.
    """

    def __init__(self, document: Obj) -> None:
        self.api: str = document["api"]
        self.objects: dict[str, str] = document["objects"]
        self.types: dict[str, dict[str, Kind]] = document["types"]
        self.checked: Counter[str] = Counter()
        self.kinds = {name: kind for kind, name in self.objects.items()}

    def check(self, obj: Obj, place: str = "") -> list[str]:
        """
        Return the errors in an object, in each object of a list, or in an error reply.

        Objects of kinds that aren't known have none.
        """
        if "error" in obj:
            return self.check_members(self.objects["error"], obj["error"], "error.")
        if obj.get("object") in ("list", "search_result"):
            return [
                problem
                for position, item in enumerate(obj["data"])
                for problem in self.check(item, f"{place}data.{position}.")
            ]
        name = self.objects.get(kind_of(obj))
        problems = self.check_members(name, obj, place) if name else []
        if obj.get("object") == "event":
            problems += self.check_news(obj["data"], f"{place}data.")
        return problems

    def check_news(self, data: Obj, place: str) -> list[str]:
        """Return the errors in an event's object, and in the names of what has changed in it."""
        members = self.types.get(self.objects.get(kind_of(data["object"]), ""), {})
        return self.check(data["object"], f"{place}object.") + [
            f"{place}previous_attributes.{name}: Stripe doesn't have it in its object"
            for name in data.get("previous_attributes", {})
            if members and name not in members and f"{name}?" not in members
        ]

    def check_members(self, name: str, obj: Obj, place: str) -> list[str]:
        if name in self.kinds:
            self.checked[self.kinds[name]] += 1
        members = self.types[name]
        problems = [
            f"{place}{member}: absent, and Stripe always sends it"
            for member in members
            if not member.endswith("?") and member not in obj
        ]
        for member, value in obj.items():
            kind = members.get(member, members.get(f"{member}?"))
            if kind is None:
                problems.append(f"{place}{member}: Stripe doesn't have it in {name}")
            else:
                problems += self.check_value(kind, value, place + member)
        return problems

    def check_value(self, kind: Kind, value: Any, place: str) -> list[str]:
        choices = kind if isinstance(kind, list) else [kind]
        fitting = [each for each in choices if self.fits(each, value)]
        if fitting:
            return self.check_inside(fitting[0], value, place)
        if value is None:
            return [f"{place}: null, and Stripe leaves it out"]
        return [f"{place}: {str(value)[:80]!r} isn't {kind}"]

    def fits(self, kind: Kind, value: Any) -> bool:
        """Return whether a value is of a kind at first sight: objects are told apart by their ``object``."""
        if isinstance(kind, dict):
            if "array" in kind:
                return isinstance(value, list)
            return isinstance(value, dict) and ("list" not in kind or value.get("object") == "list")
        if kind in SCALARS:
            return isinstance(value, SCALARS[kind]) and (kind != "number" or not isinstance(value, bool))
        if kind == "any":
            return True
        if not isinstance(value, dict):
            return False
        return kind == "object" or self.kinds.get(kind) in (None, kind_of(value))

    def check_inside(self, kind: Kind, value: Any, place: str) -> list[str]:
        if isinstance(kind, dict):
            ((shape, inner),) = kind.items()
            if shape == "map":
                return self.check_each(inner, value.items(), place)
            if shape == "array":
                return self.check_each(inner, enumerate(value), place)
            problems = [f"{place}.{member}: absent, in a list" for member in sorted(PAGE - set(value))]
            return problems + self.check_each(inner, enumerate(value["data"]), f"{place}.data")
        return self.check_members(kind, value, f"{place}.") if kind in self.types else []

    def check_each(self, kind: Kind, values: Any, place: str) -> list[str]:
        return [
            problem for key, value in values for problem in self.check_value(kind, value, f"{place}.{key}")
        ]


def kind_of(obj: Obj) -> str:
    return ("deleted_" if obj.get("deleted") else "") + str(obj.get("object", ""))


@lru_cache(maxsize=1)
def load() -> Declared:
    return Declared(json.loads(DATA.read_text(encoding="utf-8")))
