"""
Build an OpenAPI 3.1 document of a part of Stripe's API from the installed ``stripe`` package.

Stripe generates the package's resource classes, parameter types and service methods from its own OpenAPI
description, so the result describes exactly the API version that the package uses. The package's files are
parsed with ``ast``, not executed.

    python -m tests.support.stripe_schema.generate [--out FILE] [--desc N]

``--desc`` is the maximum length of descriptions (0: none).
"""

import argparse
import ast
import importlib.util
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.stripe_schema.annotations import (
    fields_of,
    flat,
    is_class,
    is_none,
    is_other_method,
    is_required,
    literal_values,
    object_name_of,
    parsed,
    request_of,
    with_literals,
)
from tests.support.stripe_schema.openapi import (
    PRIMITIVES,
    Schema,
    answer,
    body_of,
    cut_method,
    list_of,
    nullable,
    params_component,
    query_of,
    reference,
    snake,
    to_31,
)
from tests.support.stripe_schema.selection import (
    DELETABLE,
    METHOD_CLASS,
    METHOD_MEMBERS,
    METHOD_MEMBERS_ALONE,
    METHODS_KEPT,
    NOT_MEMBERS,
    ROOTS,
    SAME_LISTS,
    SERVICES,
)

Module = tuple[ast.Module, dict[str, tuple[str, str]]]


def generate(*, longest_description: int = 0) -> Schema:
    """Return the OpenAPI document."""
    return Builder(longest_description).document()


@dataclass
class Place:
    """Where an annotation was found: its module, and the enclosing classes with their component names."""

    module: str
    prefix: str
    scopes: list[tuple[ast.ClassDef, str]]
    kind: str  # "resource" or "params"


@dataclass
class Builder:
    longest_description: int
    components: dict[str, Schema] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    modules: dict[str, Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec = importlib.util.find_spec("stripe")
        if spec is None or spec.origin is None:
            raise SystemExit("The stripe package is not installed.")
        self.package = Path(spec.origin).parent

    def document(self) -> Schema:
        for key, component in ROOTS.items():
            self.add_resource(key, component)
        self.add_errors_and_deletions()
        paths: Schema = {}
        for module, names in SERVICES.items():
            self.add_operations(paths, module, names.split())
        for url, like in SAME_LISTS.items():
            paths[url] = {"get": paths[like]["get"]}
        self.add_limits()
        used = self.used_by(paths)
        spec = self.envelope(paths, {name: self.components[name] for name in sorted(used)})
        return to_31(spec)

    # Reading the package

    def module(self, name: str) -> Module:
        """Return a module's syntax tree, and the origin (module, name) of each imported name."""
        if name not in self.modules:
            tree = ast.parse((self.package / name).read_text(encoding="utf-8"))
            imports: dict[str, tuple[str, str]] = {}
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe."):
                    path = node.module.split(".", 1)[1].replace(".", "/") + ".py"
                    imports |= {alias.asname or alias.name: (path, alias.name) for alias in node.names}
            self.modules[name] = (tree, imports)
        return self.modules[name]

    def find_class(self, module: str, name: str) -> ast.ClassDef | None:
        body = self.module(module)[0].body
        return next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)

    def constant(self, module: str, name: str) -> str:
        text = (self.package / module).read_text(encoding="utf-8")
        found = re.search(rf'{name} = "([^"]+)"', text)
        if found is None:
            raise SystemExit(f"no {name} in {module}")
        return found.group(1)

    # From annotations to schemas

    def schema_of(self, node: ast.expr, place: Place) -> Schema:
        parts = flat(node)
        is_nullable = any(is_none(part) for part in parts)
        literals: list[Any] = []
        alternatives: list[Schema] = []
        has_text = False
        for part in parts:
            if is_none(part):
                continue
            if isinstance(part, ast.Subscript) and getattr(part.value, "id", "") == "Literal":
                literals += literal_values(part)
            elif isinstance(part, ast.Name) and part.id == "str":
                has_text = True
            elif (schema := self.single(part, place)) not in alternatives:
                alternatives.append(schema)
        alternatives = with_literals(alternatives, literals, has_text=has_text)
        merged = alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
        return nullable(merged) if is_nullable else merged

    def single(self, node: ast.expr, place: Place) -> Schema:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.schema_of(parsed(node.value), place)
        if isinstance(node, ast.Name):
            return dict(PRIMITIVES[node.id]) if node.id in PRIMITIVES else self.class_schema(node.id, place)
        if isinstance(node, ast.Attribute):
            return self.class_schema(ast.unparse(node), place)
        if isinstance(node, ast.Subscript):
            return self.generic(node, place)
        raise SystemExit(f"unhandled {ast.unparse(node)} in {place.module}")

    def generic(self, node: ast.Subscript, place: Place) -> Schema:
        head = node.value.id if isinstance(node.value, ast.Name) else ast.unparse(node.value)
        if head in ("List", "list", "Sequence"):
            return {"type": "array", "items": self.schema_of(node.slice, place)}
        if head in ("Dict", "dict", "Mapping"):
            assert isinstance(node.slice, ast.Tuple)
            return {"type": "object", "additionalProperties": self.schema_of(node.slice.elts[1], place)}
        if head == "UntypedStripeObject":
            return {"type": "object", "additionalProperties": self.schema_of(node.slice, place)}
        if head == "ListObject":
            return list_of(self.schema_of(node.slice, place))
        if head == "ExpandableField":
            return self.expandable(node, place)
        if head == "ClassVar":
            return {}
        if head == "Literal":
            return self.schema_of(node, place)
        raise SystemExit(f"unhandled {ast.unparse(node)} in {place.module}")

    def expandable(self, node: ast.Subscript, place: Place) -> Schema:
        names = [ast.unparse(part).strip("'\"") for part in flat(node.slice)]
        schema = self.schema_of(node.slice, place)
        alternatives = [
            alternative
            if "$ref" in alternative
            else {"type": "object", "required": ["id", "object"], "x-cut": alternative.get("x-cut")}
            for alternative in schema.get("anyOf", [schema])
        ]
        # The package's types leave out what a deleted object expands to.
        deleted = [reference(f"deleted_{snake(name)}") for name in names if snake(name) in DELETABLE]
        return {"anyOf": [{"type": "string"}, *alternatives, *deleted], "x-expandable": names}

    def class_schema(self, name: str, place: Place) -> Schema:
        """Return the schema of a class: a nested one, one of the same module, or an imported one."""
        for scope, prefix in reversed(place.scopes):
            for node in scope.body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    inner = f"{prefix}__{snake(name)}"
                    scopes = [*place.scopes, (node, inner)]
                    return self.object_schema(node, Place(place.module, inner, scopes, place.kind))
        if (found := self.find_class(place.module, name)) is not None:
            return self.own_class(found, name, place)
        path, original = self.module(place.module)[1].get(name, (None, None))
        if path is None or original is None:
            raise SystemExit(f"no class {name} in {place.module}")
        if f"{path}:{original}" in ROOTS:
            return reference(ROOTS[f"{path}:{original}"])
        self.cut[original] += 1
        return {"type": "object", "x-cut": original, "additionalProperties": True}

    def own_class(self, node: ast.ClassDef, name: str, place: Place) -> Schema:
        key = f"{place.module}:{name}"
        if key in ROOTS:
            return reference(ROOTS[key])
        if place.kind == "params":
            component = params_component(place.module, name)
            return self.object_schema(node, Place(place.module, component, [], "params"))
        component = f"x.{snake(name)}"
        return self.object_schema(node, Place(place.module, component, [(node, component)], "resource"))

    def object_schema(self, node: ast.ClassDef, place: Place) -> Schema:
        """Add the component of a class unless it exists, and return a reference to it."""
        name = place.prefix
        if name in self.components:
            return reference(name)
        self.components[name] = {}
        members = fields_of(node) + (self.functional(place.module, node) if place.kind == "params" else [])
        kept = sum(member in METHODS_KEPT for member, _, _ in members)
        names_methods = (
            kept >= METHOD_MEMBERS and METHOD_CLASS.search(node.name) is not None
        ) or kept >= METHOD_MEMBERS_ALONE
        properties: Schema = {}
        required = []
        for member, annotation, text in members:
            written = ast.unparse(annotation)
            if member in NOT_MEMBERS or written.startswith("ClassVar"):
                continue
            if is_required(written, place.kind):
                required.append(member)
            schema = (
                cut_method(member, is_required(written, place.kind), place.kind)
                if names_methods and is_other_method(member) and is_class(annotation)
                else self.schema_of(annotation, place)
            )
            properties[member] = self.described(schema, text)
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = sorted(required)
        if place.kind == "params":
            schema["additionalProperties"] = False
        self.components[name] = schema
        return reference(name)

    def functional(self, module: str, node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
        """Return members named by reserved words, as in ``_Base = TypedDict("Base", {"from": …})``."""
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        members: list[tuple[str, ast.expr, str]] = []
        for statement in self.module(module)[0].body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)):
                continue
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id in bases:
                given = statement.value.args[1]
                assert isinstance(given, ast.Dict)
                members += [
                    (key.value, value, "")
                    for key, value in zip(given.keys, given.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
        return members

    def description(self, text: str | None) -> Schema:
        plain = re.sub(r"\s+", " ", text or "").strip()
        if not self.longest_description or not plain:
            return {}
        if len(plain) > self.longest_description:
            plain = plain[: self.longest_description - 1] + "…"
        return {"description": plain}

    def described(self, schema: Schema, text: str) -> Schema:
        added = self.description(text)
        return {"anyOf": [schema], **added} if "$ref" in schema and added else {**schema, **added}

    # Resources and operations

    def add_resource(self, key: str, component: str) -> None:
        module, name = key.split(":")
        node = self.find_class(module, name)
        if node is None:
            raise SystemExit(f"missing {key}")
        self.object_schema(node, Place(module, component, [(node, component)], "resource"))
        schema = self.components[component]
        if object_name := object_name_of(node):
            schema["properties"]["object"] = {"type": "string", "enum": [object_name]}
            schema["required"] = sorted({*schema.get("required", []), "object"})
        if component != "api_errors":
            schema["properties"].pop("deleted", None)
        schema["x-resourceId"] = component

    def add_errors_and_deletions(self) -> None:
        self.components["error"] = {
            "type": "object",
            "required": ["error"],
            "properties": {"error": reference("api_errors")},
        }
        for name in DELETABLE:
            self.components[f"deleted_{name}"] = {
                "type": "object",
                "required": ["id", "object", "deleted"],
                "properties": {
                    "id": {"type": "string"},
                    "object": {"type": "string", "enum": [name]},
                    "deleted": {"type": "boolean", "enum": [True]},
                },
            }

    def add_operations(self, paths: Schema, module: str, names: list[str]) -> None:
        service = next(node for node in self.module(module)[0].body if isinstance(node, ast.ClassDef))
        for method in service.body:
            if isinstance(method, ast.FunctionDef) and method.name in names:
                verb, url = request_of(method)
                paths.setdefault(url, {})[verb] = self.operation(module, method, verb, url)

    def operation(self, module: str, method: ast.FunctionDef, verb: str, url: str) -> Schema:
        component, schema, is_body_required = self.params_of(module, method)
        path_and_query = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "style": "simple",
                "schema": {"type": "string", "maxLength": 5000},
            }
            for name in re.findall(r"{(\w+)}", url)
        ]
        words = [word.title() for word in re.split(r"[^a-zA-Z]+", verb + url) if word]
        made: Schema = {"operationId": "".join(words), **self.description(ast.get_docstring(method))}
        if verb == "post":
            made["requestBody"] = body_of(reference(component) if component else schema, schema)
            made["requestBody"]["required"] = is_body_required
        else:
            path_and_query += query_of(schema)
        if path_and_query:
            made["parameters"] = path_and_query
        made["responses"] = {
            "200": answer("Successful response.", self.reply_schema(module, method, verb)),
            "default": answer("Error response.", reference("error")),
        }
        made["x-params"] = component if verb == "post" else None
        return made

    def params_of(self, module: str, method: ast.FunctionDef) -> tuple[str | None, Schema, bool]:
        """Return the component of a method's parameters, its schema, and whether parameters are required."""
        arguments = method.args.args + method.args.kwonlyargs
        annotation = next((each.annotation for each in arguments if each.arg == "params"), None)
        if annotation is None:
            return None, {"type": "object", "properties": {}, "additionalProperties": False}, False
        written = ast.unparse(annotation).replace("'", "").replace('"', "")
        name = re.sub(r"^Optional\[(.*)\]$", r"\1", written)
        path, original = self.module(module)[1][name]
        node = self.find_class(path, original)
        assert node is not None
        component = params_component(path, original)
        self.object_schema(node, Place(path, component, [], "params"))
        return component, self.components[component], not written.startswith("Optional")

    def reply_schema(self, module: str, method: ast.FunctionDef, verb: str) -> Schema:
        assert method.returns is not None
        written = ast.unparse(method.returns).strip("'\"")
        name = re.sub(r"^(ListObject|SearchResultObject)\[(.*)\]$", r"\2", written)
        path, original = self.module(module)[1][name]
        component = ROOTS[f"{path}:{original}"]
        if written.startswith("ListObject"):
            return list_of(reference(component))
        if written.startswith("SearchResult"):
            found = list_of(reference(component))
            found["properties"]["object"] = {"type": "string", "enum": ["search_result"]}
            found["properties"]["next_page"] = {"type": "string", "nullable": True}
            return found
        if method.name == "delete":
            return reference(f"deleted_{component}")
        if name == "Customer" and verb == "get":
            return {"anyOf": [reference(component), reference("deleted_customer")]}
        return reference(component)

    # The document

    def add_limits(self) -> None:
        """Add limits that the package mentions only in docstrings."""
        for name, component in self.components.items():
            if name.startswith("param.") and "limit" in component.get("properties", {}):
                component["properties"]["limit"] |= {"minimum": 1, "maximum": 100}
        self.limit("param.checkout.session_create_params", "client_reference_id", maxLength=200)
        self.limit("param.event_list_params", "types", maxItems=20)

    def limit(self, component: str, member: str, **limits: int) -> None:
        properties = self.components.get(component, {}).get("properties", {})
        if member in properties:
            properties[member] |= limits

    def used_by(self, paths: Schema) -> set[str]:
        """Return the components that the paths and the resources refer to."""
        used: set[str] = set()
        todo = [json.dumps(paths), *(json.dumps(reference(name)) for name in [*ROOTS.values(), "error"])]
        while todo:
            for name in re.findall(r'"#/components/schemas/([^"]+)"', todo.pop()):
                if name not in used:
                    used.add(name)
                    todo.append(json.dumps(self.components[name]))
        return used

    def envelope(self, paths: Schema, schemas: Schema) -> Schema:
        library = self.constant("_version.py", "VERSION")
        return {
            "openapi": "3.0.0",
            "info": {
                "title": "Stripe API (slice)",
                "version": self.constant("_api_version.py", "CURRENT"),
                "description": f"Slice derived from the types of stripe-python {library} (MIT).",
                "x-derivedFrom": f"stripe-python=={library}",
            },
            "servers": [{"url": "https://api.stripe.com/"}],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"bearerAuth": []}],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a slice of Stripe's API description.")
    parser.add_argument("--out", type=Path, help="the file to write; otherwise standard output")
    parser.add_argument("--desc", type=int, default=160, help="maximum length of descriptions; 0 for none")
    options = parser.parse_args()
    builder = Builder(options.desc)
    spec = builder.document()
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    counts = (len(spec["paths"]), sum(len(verbs) for verbs in spec["paths"].values()))
    sys.stderr.write(
        f"api {spec['info']['version']}, {spec['info']['x-derivedFrom']}: "
        f"{counts[0]} paths, {counts[1]} operations, {len(spec['components']['schemas'])} schemas, "
        f"{len(text.encode())} bytes\nleft out: {dict(builder.cut.most_common(40))}\n"
    )


if __name__ == "__main__":
    main()
