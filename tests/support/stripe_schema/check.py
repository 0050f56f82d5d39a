"""
Hold requests, replies and events against the schema of the installed ``stripe`` package.

``load()`` returns the schema; ``check_journal()`` and ``check_event()`` are what tests call. The types of the
package carry no lengths, and don't tell "may be null" from "may be absent"; ``declared`` tells them apart,
and every reply and event is held against it too. ``CHECKED`` counts them.
"""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.support.paths import ROOT
from tests.support.stripe_schema import declared, generate

Obj = dict[str, Any]
Schema = dict[str, Any]

CACHE = ROOT / ".cache"
COMPONENTS = "#/components/schemas/"
BRACKETS = re.compile(r"\[([^\]]*)\]")
LIST_MEMBERS = {"object", "data", "has_more", "url"}
CHECKED: Counter[str] = Counter()  # "replies" and "events"


def decode_form(text: str) -> Obj:
    """Return ``a[b][0][c]=1&d[]=2`` as ``{"a": {"b": [{"c": "1"}]}, "d": ["2"]}``."""
    return {key: with_arrays(value) for key, value in decode_indexed(text).items()}


def decode_indexed(text: str) -> Obj:
    """Decode a form like ``decode_form``, but return arrays as dictionaries: ``{"d": {"0": "2"}}``."""
    root: Obj = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head = key.split("[", 1)[0]
        node, part = root, head
        for following in BRACKETS.findall(key[len(head) :]):
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node, part = child, following or str(len(child))
        node[part] = value
    return root


def with_arrays(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = {key: with_arrays(item) for key, item in value.items()}
    return in_order(members) if is_indexed(members) else members


def is_indexed(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(key.isdigit() for key in value)


def in_order(members: Obj) -> list[Any]:
    return [members[key] for key in sorted(members, key=int)]


class Validator:
    """
    Tells quickly whether something is valid to a schema, and slowly why it isn't.

    ``jsonschema-rs`` decides, ``jsonschema`` explains: its errors say more, and it takes fifty times as long.
    """

    def __init__(self, schema: Schema, quick: jsonschema_rs.Registry, thorough: "Registry[Any]") -> None:
        self._quick = jsonschema_rs.Draft202012Validator(schema, registry=quick)
        self.thorough = Draft202012Validator(schema, registry=thorough)

    def is_valid(self, obj: Any) -> bool:
        return self._quick.is_valid(obj)


class Slice:
    """The part of Stripe's schema that the project uses: its requests and objects."""

    def __init__(self, spec: Schema) -> None:
        self.spec = spec
        self.schemas: Schema = spec["components"]["schemas"]
        resource = DRAFT202012.create_resource(spec)
        self.registry: Registry[Any] = Registry().with_resource("urn:stripe", resource)
        self.quick = jsonschema_rs.Registry([("urn:stripe", spec)], draft=jsonschema_rs.Draft202012)
        self.validators: dict[str | int, Validator] = {}
        self.routes = [
            (re.compile("^" + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template) + "$"), template, operations)
            # A literal segment wins over a placeholder: /v1/customers/search is nobody's id.
            for template, operations in sorted(spec["paths"].items(), key=lambda pair: pair[0].count("{"))
        ]

    def validator(self, schema: str | Schema) -> Validator:
        """Return the validator of a component, by name, or of any schema of the document."""
        key = schema if isinstance(schema, str) else id(schema)
        if key not in self.validators:
            if isinstance(schema, str):
                absolute = {"$ref": f"urn:stripe{COMPONENTS}{schema}"}
            elif set(schema) == {"$ref"}:
                return self.validator(component_of(schema))
            else:
                absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:stripe#/components'))
            self.validators[key] = Validator(absolute, self.quick, self.registry)
        return self.validators[key]

    def route(self, method: str, path: str) -> tuple[str | None, Schema | None, dict[str, str]]:
        """Return the path template, the operation and the ids in a request's path."""
        for pattern, template, operations in self.routes:
            match = pattern.match(path)
            if match and method.lower() in operations:
                return template, operations[method.lower()], match.groupdict()
        return None, None, {}

    def resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schemas[component_of(schema)]
        return schema

    def coerce(self, schema: Schema, value: Any) -> Any:
        """Convert a form's strings to the integers, booleans, numbers and arrays that the schema requires."""
        schema = self.resolved(schema)
        if alternatives := schema.get("anyOf") or schema.get("allOf"):
            return self.coerce_to_one(alternatives, value)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "array" and is_indexed(value):
            value = in_order(value)
        if isinstance(value, dict):
            return self.coerce_members(schema, value)
        if isinstance(value, list):
            return [self.coerce(schema.get("items", {}), item) for item in value]
        return coerce_text(kind, value) if isinstance(value, str) else value

    def coerce_to_one(self, alternatives: list[Schema], value: Any) -> Any:
        for alternative in alternatives:
            coerced = self.coerce(alternative, value)
            if self.validator(alternative).is_valid(coerced):
                return coerced
        wanted = {"object", "array"} if isinstance(value, dict) else {"array"}
        if isinstance(value, dict | list):  # None fits: convert what is possible, for a clearer error.
            for alternative in alternatives:
                if self.resolved(alternative).get("type") in wanted:
                    return self.coerce(alternative, value)
        return value

    def coerce_members(self, schema: Schema, value: Obj) -> Obj:
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        other = extra if isinstance(extra, dict) else {}
        return {key: self.coerce(properties.get(key) or other, item) for key, item in value.items()}

    def check_request(self, method: str, url: str, body: str = "") -> tuple[str | None, Obj, list[str]]:
        """Return the path template, the decoded parameters and the errors in them."""
        parts = urlsplit(url)
        template, operation, _ = self.route(method, parts.path)
        if operation is None:
            return None, {}, [f"Unrecognized request URL ({method.upper()}: {parts.path})"]
        raw = decode_indexed(body if method.upper() == "POST" else parts.query)
        schema = self.params_schema(operation)
        params: Obj = self.coerce(schema, raw)
        return template, params, explain(self.validator(schema), params)

    def params_schema(self, operation: Schema) -> Schema:
        if operation["x-params"] in self.schemas:
            known: Schema = operation.setdefault("x-schema", {"$ref": COMPONENTS + operation["x-params"]})
            return known
        query = [entry for entry in operation.get("parameters", []) if entry["in"] == "query"]
        made: Schema = operation.setdefault(
            "x-schema",
            {
                "type": "object",
                "properties": {entry["name"]: entry["schema"] for entry in query},
                "additionalProperties": False,
                "required": [entry["name"] for entry in query if entry["required"]],
            },
        )
        return made

    def check_response(self, method: str, path: str, status: int, obj: Any) -> list[str]:
        """
        Return the errors in a reply. To paths that Stripe doesn't have, it must be an error object.

        An embedded list's address may be a path that the package has no method for, so a list is fine.
        """
        _, operation, _ = self.route(method, path)
        if operation is None and status == 200 and obj.get("object") == "list":
            return [problem for item in obj["data"] for problem in self.check_object(item)]
        if operation is None:
            return explain(self.validator("error"), obj) or declared.load().check(obj)
        reply = operation["responses"].get(str(status), operation["responses"]["default"])
        problems = explain(self.validator(reply["content"]["application/json"]["schema"]), obj)
        return problems or declared.load().check(obj)

    def check_object(self, obj: Obj) -> list[str]:
        """Return the errors in a Stripe object; in an event, also those in the object that it contains."""
        return self.by_python(obj) or declared.load().check(obj)

    def by_python(self, obj: Obj) -> list[str]:
        name = ("deleted_" if obj.get("deleted") else "") + obj["object"]
        problems = explain(self.validator(name), obj)
        if obj["object"] == "event":
            inner = obj["data"]["object"]
            if inner.get("object") in self.schemas:
                problems += [f"data.object: {problem}" for problem in self.by_python(inner)]
        return problems


def component_of(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def coerce_text(kind: str | None, text: str) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def explain(validator: Validator, obj: Any) -> list[str]:
    """Return a validator's complaints, each about the innermost thing that is wrong."""
    if validator.is_valid(obj):
        return []
    problems = []
    for error in validator.thorough.iter_errors(obj):
        closest = error
        while closest.context:
            closest = max(closest.context, key=lambda inner: len(inner.absolute_path))
        place = "/".join(map(str, closest.absolute_path)) or "<root>"
        problems.append(f"{place}: {closest.message[:200]}")
    return problems or ["<root>: jsonschema-rs finds it invalid, and jsonschema doesn't."]


def skeleton(known: Slice, name: str, **values: Any) -> Obj:
    """
    Return a minimal object of the component ``name`` with every member that Stripe always sends.

    Required members get a neutral value, the others null; ``values`` replace them.
    """
    schema = known.schemas[name]
    made: Obj = {}
    for member, given in schema["properties"].items():
        if member in schema.get("required", []):
            made[member] = neutral(known, given)
        elif member == "metadata":
            made[member] = {}
        elif is_nullable(known, given) and is_always_sent(name, member):
            made[member] = None
    return {**made, **values}


def is_always_sent(name: str, member: str) -> bool:
    known = declared.load()
    return name not in known.objects or member in known.types[known.objects[name]]


def neutral(known: Slice, schema: Schema) -> Any:
    schema = known.resolved(schema)
    for alternative in schema.get("anyOf", []) + schema.get("allOf", []):
        if alternative.get("type") != "null":
            return neutral(known, alternative)
    kind = schema.get("type")
    if isinstance(kind, list):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        required, properties = schema.get("required", []), schema.get("properties", {})
        if set(required) >= LIST_MEMBERS:
            return {"object": "list", "data": [], "has_more": False, "url": "/v1/"}
        return {member: neutral(known, properties[member]) for member in properties if member in required}
    return {"string": "", "integer": 0, "boolean": False, "number": 0, "array": []}.get(str(kind))


def is_nullable(known: Slice, schema: Schema) -> bool:
    schema = known.resolved(schema)
    kind = schema.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    return any(is_nullable(known, alternative) for alternative in schema.get("anyOf", []))


@lru_cache(maxsize=1)
def load() -> Slice:
    """Return the schema of the installed package, generated once for each version and then cached."""
    sources = sorted(Path(generate.__file__).parent.glob("*.py"))
    maker = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:8]
    kept = CACHE / f"stripe-{version('stripe')}-{maker}.json"
    if not kept.exists():
        CACHE.mkdir(exist_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(generate.generate()), encoding="utf-8")
        unfinished.replace(kept)
    return Slice(json.loads(kept.read_text(encoding="utf-8")))


def check_journal(entries: Iterable[Obj]) -> list[str]:
    """
    Return the errors in the requests and replies of the sandbox's journal (``GET /_sandbox/requests``).

    A request that Stripe would refuse is an error even if the sandbox accepted it. Replies that the sandbox
    dropped on purpose aren't checked.
    """
    return [problem for entry in entries for problem in check_request(entry) + check_reply(entry)]


def check_request(entry: Obj) -> list[str]:
    problems = load().check_request(entry["method"], entry["url"], entry["body"])[2]
    return [f"{entry['method']} {entry['url']}: request: {problem}" for problem in problems]


def check_reply(entry: Obj) -> list[str]:
    if entry["status"] is None:
        return []
    CHECKED["replies"] += 1
    path = urlsplit(entry["url"]).path
    problems = load().check_response(entry["method"], path, entry["status"], entry["response"])
    return [f"{entry['method']} {entry['url']}: {entry['status']}: {problem}" for problem in problems]


def check_event(event: Obj) -> list[str]:
    """Return the errors in an event and in the object that it contains."""
    CHECKED["events"] += 1
    return [f"{event['type']} {event['id']}: {problem}" for problem in load().check_object(event)]
