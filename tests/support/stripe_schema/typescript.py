"""
Write down what the ``stripe`` package of npm declares about the objects of the selection.

The Python library says "may be null or absent" of a member; the declarations for TypeScript tell the two
apart. They are generated from the same description of the API: both packages must be of one API version.

    npm pack stripe@23.1.0 && tar -xzf stripe-23.1.0.tgz
    python -m tests.support.stripe_schema.typescript package

writes ``declared.json`` beside this file. There ``objects`` names the type of each kind of object, and
``types`` has the members of each type: a name that ends in ``?`` may be absent. A kind is a type's name or
``string``, ``number``, ``boolean``, ``null``, ``object`` (with any members), ``any``, ``{"array": …}``,
``{"list": …}`` or ``{"map": …}``; a list of kinds is a choice. Literals aren't kept: the Python library has
those.
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.stripe_schema.annotations import is_other_method
from tests.support.stripe_schema.declarations import Declarations, Members, Type, read
from tests.support.stripe_schema.selection import (
    METHOD_CLASS,
    METHOD_MEMBERS,
    METHOD_MEMBERS_ALONE,
    METHODS_KEPT,
    ROOTS,
)

DATA = Path(__file__).with_name("declared.json")
SCALARS = {"string", "number", "boolean", "null", "any", "object"}
# Types that aren't declared as the API sends them, or that say less than they seem to.
KNOWN = {"Decimal": "string", "Metadata": {"map": "string"}, "Event.Data.Object": "any"}
KNOWN |= {"unknown": "any", "Error": "any", "OtherString": "string"}
ERROR = "StripeRawError"
CLIENTS_OWN = {"headers", "statusCode", "requestId", "detail", "exception", "user_message"}

Kind = Any


@dataclass(frozen=True)
class Declared:
    """A declared type: its file and its name in it."""

    file: Path
    name: str


@dataclass
class Reader:
    package: Path
    files: dict[Path, Declarations] = field(default_factory=dict)
    types: dict[str, dict[str, Kind]] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return (self.package / "esm" / "resources").resolve()

    def declarations(self, file: Path) -> Declarations:
        if file not in self.files:
            self.files[file] = read(file)
        return self.files[file]

    def document(self) -> dict[str, Any]:
        every = self.every_object()
        self.selected = {kind for kind in every if kind.removeprefix("deleted_") in ROOTS.values()}
        self.kinds = {declared: kind for kind, declared in every.items()}
        objects = {kind: self.add(every[kind]) for kind in sorted(self.selected)}
        error = Declared((self.package / "esm" / "Types.d.ts").resolve(), ERROR)
        objects["error"] = self.add(error)
        for name in CLIENTS_OWN:
            del self.types[ERROR][name + "?"]
        version = json.loads((self.package / "package.json").read_text(encoding="utf-8"))["version"]
        return {
            "source": f"stripe@{version}",
            "api": self.api_version(),
            "objects": objects,
            "types": dict(sorted(self.types.items())),
        }

    def api_version(self) -> str:
        text = (self.package / "esm" / "apiVersion.d.ts").read_text(encoding="utf-8")
        found = re.search(r"ApiVersion\b[^\"']*[\"']([^\"']+)", text)
        if found is None:
            raise SystemExit("no ApiVersion in apiVersion.d.ts")
        return found.group(1)

    def every_object(self) -> dict[str, Declared]:
        """Return the type of each kind of object, such as ``charge`` and ``deleted_customer``."""
        found: dict[str, Declared] = {}
        for file in sorted(self.root.rglob("*.d.ts")):
            if "V2" in file.parts:
                continue
            for name, declared in self.declarations(file).types.items():
                members = declared.get("members", {}) if isinstance(declared, dict) else {}
                kind = members.get("object")
                if "." not in name and isinstance(kind, dict) and "literal" in kind:
                    deleted = "deleted_" if "deleted" in members else ""
                    found.setdefault(deleted + kind["literal"], Declared(file, name))
        return found

    def name_of(self, declared: Declared) -> str:
        """Return a type's name, after those of its folders: ``Checkout.Session.Consent``."""
        if not declared.file.is_relative_to(self.root):
            return declared.name
        return ".".join([*declared.file.relative_to(self.root).parts[:-1], declared.name])

    def add(self, declared: Declared) -> str:
        """Add a type with members, and those that it refers to; return its name."""
        name = self.name_of(declared)
        if name not in self.types:
            self.types[name] = {}
            members = self.members_of(declared)
            cuts = is_about_methods(declared.name.rsplit(".", 1)[-1], members)
            for member, given in members.items():
                if given == "void":
                    continue  # "deleted?: void": not in this kind of object
                kind = self.kind(given, declared)
                is_cut = cuts and is_other_method(member.strip("?"))
                self.types[name][member] = cut(kind) if is_cut else kind
        return name

    def members_of(self, declared: Declared) -> Members:
        """Return a type's own members after those of what it extends."""
        declarations = self.declarations(declared.file)
        members: Members = {}
        for base in declarations.bases.get(declared.name, []):
            members |= self.members_of(self.find(base, declared))
        return {**members, **declarations.types[declared.name]["members"]}

    def kind(self, given: Type, place: Declared) -> Kind:
        if isinstance(given, str):
            return self.named(given, place)
        ((shape, inner),) = given.items()
        if shape == "union":
            return choice([self.kind(part, place) for part in inner])
        if shape == "literal":
            return "boolean" if inner in ("true", "false") else "number" if inner.isdigit() else "string"
        if shape == "members":
            raise SystemExit(f"members without a name in {place.name}")
        return {shape: self.kind(inner, place)}

    def named(self, name: str, place: Declared) -> Kind:
        if name in ("true", "false"):
            return "boolean"
        if name in SCALARS:
            return name
        if name in KNOWN:
            return KNOWN[name]
        found = self.find(name, place)
        own = self.declarations(found.file).types[found.name]
        if found in self.kinds and self.kinds[found] not in self.selected:
            return "object"
        if isinstance(own, dict) and "members" in own:
            return self.add(found) if own["members"] else "object"
        return self.kind(own, found)

    def find(self, name: str, place: Declared) -> Declared:
        """Return what a name means where it stands: in the namespaces around it, the file, its imports."""
        declarations = self.declarations(place.file)
        scope = place.name.split(".")
        for depth in range(len(scope), -1, -1):
            candidate = ".".join([*scope[:depth], name])
            if candidate in declarations.types:
                return Declared(place.file, candidate)
        head, _, rest = name.partition(".")
        if head in declarations.folders:
            first, _, _ = rest.partition(".")
            index = self.declarations(declarations.folders[head] / "index.d.ts")
            file, _ = index.imports[first]
            return Declared(file, rest)
        if head not in declarations.imports:
            raise SystemExit(f"no {name} for {place.name} in {place.file}")
        file, original = declarations.imports[head]
        return Declared(file, f"{original}.{rest}" if rest else original)


def is_about_methods(name: str, members: Members) -> bool:
    """Return whether a type has a member for each payment method, of which only some are kept."""
    kept = sum(member.strip("?") in METHODS_KEPT for member in members)
    return (kept >= METHOD_MEMBERS and METHOD_CLASS.search(name) is not None) or kept >= METHOD_MEMBERS_ALONE


def cut(kind: Kind) -> Kind:
    """Return ``object`` in the place of a type."""
    if isinstance(kind, list):
        return [cut(part) for part in kind]
    return kind if isinstance(kind, dict) or kind in SCALARS else "object"


def choice(kinds: list[Kind]) -> Kind:
    flat: list[Kind] = []
    for kind in kinds:
        flat += [part for part in (kind if isinstance(kind, list) else [kind]) if part not in flat]
    return flat[0] if len(flat) == 1 else flat


def used(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the types that only a cut member refers to."""
    types, todo, kept = document["types"], [*document["objects"].values()], set()
    while todo:
        name = todo.pop()
        if name in types and name not in kept:
            kept.add(name)
            todo += names_in([*types[name].values()])
    return {**document, "types": {name: members for name, members in types.items() if name in kept}}


def names_in(kind: Kind) -> list[str]:
    if isinstance(kind, str):
        return [kind]
    parts = kind if isinstance(kind, list) else kind.values()
    return [name for part in parts for name in names_in(part)]


def written(document: dict[str, Any]) -> str:
    """Return the document as JSON, with a line for each object and type."""
    lines = [f"{json.dumps(name)}: {json.dumps(document[name])}" for name in ("source", "api")]
    for part in ("objects", "types"):
        inner = ",\n".join(f"{json.dumps(name)}: {json.dumps(kind)}" for name, kind in document[part].items())
        lines.append(f'"{part}": {{\n{inner}\n}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write down the members that npm's stripe declares.")
    parser.add_argument("package", type=Path, help="the unpacked package's folder")
    options = parser.parse_args()
    document = used(Reader(options.package).document())
    DATA.write_text(written(document), encoding="utf-8")
    counts = f"{len(document['objects'])} objects, {len(document['types'])} types"
    sys.stdout.write(f"{document['source']}: {counts}\n")


if __name__ == "__main__":
    main()
