"""
List what Stripe's API has, by the installed ``stripe`` package: routes, members to expand, thin events.

    python -m tests.support.stripe_schema.inventory

writes the lists into the sandbox, which must not import the package.
"""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.stripe_schema.annotations import fields_of, flat, object_name_of, parsed

ROUTES = ROOT / "sandbox" / "inventory" / "routes.txt"
EXPANDABLE = ROOT / "sandbox" / "inventory" / "expandable.txt"
THIN_EVENTS = ROOT / "sandbox" / "webhooks" / "thin_event_types.txt"
REQUEST = re.compile(r'"(get|post|delete)",\s*"(/v[12]/[^"]+)"')
LOOKUP = re.compile(r'LOOKUP_TYPE = (?:\(\s*)?"(v1\.[^"]+)"')

# Members that are left out unless they are expanded, and whose types don't say so.
# https://docs.stripe.com/expand#includable-properties
INCLUDABLE = {
    "customer cash_balance cash_balance",
    "customer tax -",
    "invoice confirmation_secret -",
    "price currency_options -",
    "price tiers -",
    "subscription_item billed_until -",
}


def package() -> Path:
    spec = importlib.util.find_spec("stripe")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def routes() -> list[str]:
    """Return ``METHOD /v1/path/{id}`` for each service method, in order."""
    found = set()
    for path in package().rglob("*_service.py"):
        for method, url in REQUEST.findall(path.read_text(encoding="utf-8")):
            found.add(f"{method.upper()} {url}")
    return sorted(found)


def thin_events() -> list[str]:
    """Return the types of thin events about objects of v1."""
    found: set[str] = set()
    for path in (package() / "events").glob("_v1_*.py"):
        found |= set(LOOKUP.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


@cache
def expandable() -> list[str]:
    """
    Return ``kind member kind_of_the_member`` for each member that can be expanded, or that holds an object.

    The member is a path through hashes; its kinds are joined by ``|`` where there are several. A kind after
    ``=`` is held whole: it isn't expanded, but its members may be.
    """
    classes = {}
    for path in [*package().glob("_*.py"), *package().glob("*/_*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and (kind := object_name_of(node)):
                imported = imports_of(path)
                classes[path.relative_to(package()).as_posix(), node.name] = (kind, node, imported)
    names = {key: kind for key, (kind, _, _) in classes.items()}
    found = set(INCLUDABLE)
    for (module, _), (kind, node, imported) in classes.items():
        if not kind.startswith("v2."):
            found |= set(lines_of(kind, "", [node], module, imported, names))
    return sorted(found)


def imports_of(path: Path) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe."):
            module = node.module.split(".", 1)[1].replace(".", "/") + ".py"
            found |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    return found


def lines_of(
    kind: str,
    prefix: str,
    scopes: list[ast.ClassDef],
    module: str,
    imported: dict[str, tuple[str, str]],
    names: dict[tuple[str, str], str],
) -> Iterator[str]:
    for member, annotation, _ in fields_of(scopes[-1]):
        if member.startswith("_") or member == "OBJECT_NAME":
            continue
        path = f"{prefix}{member}"
        targets = set()
        for is_list, name in classes_in(annotation):
            key = imported.get(name, (module, name))
            if (nested := nested_class(scopes, name)) is not None:
                yield from lines_of(kind, f"{path}.", [*scopes, nested], module, imported, names)
            elif key in names:
                is_held = not is_list and "Expandable" not in ast.unparse(annotation)
                targets.add(("list:" if is_list else "=" if is_held else "") + names[key])
            elif "Expandable" in ast.unparse(annotation):
                targets.add("-")
        if targets:
            yield f"{kind} {path} {'|'.join(sorted(targets))}"


def classes_in(annotation: ast.expr) -> Iterator[tuple[bool, str]]:
    """Return the name of each class in an annotation, and whether it is what a list object holds."""
    for part in flat(annotation):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from classes_in(parsed(part.value))
        elif isinstance(part, ast.Name):
            yield False, part.id
        elif isinstance(part, ast.Attribute):
            yield False, part.attr
        elif isinstance(part, ast.Subscript):
            head = ast.unparse(part.value)
            if head in ("List", "ExpandableField", "ListObject", "Optional"):
                for is_list, name in classes_in(part.slice):
                    yield is_list or head == "ListObject", name


def nested_class(scopes: list[ast.ClassDef], name: str) -> ast.ClassDef | None:
    for scope in reversed(scopes):
        for node in scope.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
    return None


if __name__ == "__main__":
    ROUTES.write_text("\n".join(routes()) + "\n")
    EXPANDABLE.write_text("\n".join(expandable()) + "\n")
    THIN_EVENTS.write_text("\n".join(thin_events()) + "\n")
