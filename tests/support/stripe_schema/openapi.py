"""Build pieces of an OpenAPI document."""

import json
import re
from typing import Any

Schema = dict[str, Any]

PRIMITIVES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "Any": {},
    "object": {},
    "None": {},
    "Decimal": {"type": "string", "format": "decimal"},
    "UntypedStripeObject": {"type": "object", "additionalProperties": True},
    "StripeObject": {"type": "object", "additionalProperties": True},
    "datetime": {"type": "integer", "format": "unix-time"},
}


def reference(name: str) -> Schema:
    return {"$ref": "#/components/schemas/" + name}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema], "nullable": True} if "$ref" in schema else {**schema, "nullable": True}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def params_component(module: str, name: str) -> str:
    """Return ``param.checkout.x`` for class ``X`` of ``params/checkout/_session_create_params.py``."""
    return "param." + ".".join([*module.split("/")[1:-1], snake(name)])


def cut_method(member: str, required: bool, kind: str) -> Schema:
    schema = {"type": "object", "x-cut": f"payment method {member}", "additionalProperties": True}
    return schema if kind == "params" or required else {**schema, "nullable": True}


def list_of(item: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["object", "data", "has_more", "url"],
        "properties": {
            "object": {"type": "string", "enum": ["list"]},
            "data": {"type": "array", "items": item},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
            "total_count": {"type": "integer"},
        },
    }


def answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def is_deep(schema: Schema) -> bool:
    written = json.dumps(schema)
    return any(mark in written for mark in ('"object"', '"array"', "$ref"))


def body_of(schema: Schema, members: Schema) -> Schema:
    encoding = {
        name: {"style": "deepObject", "explode": True}
        for name, member in members["properties"].items()
        if is_deep(member)
    }
    return {"content": {"application/x-www-form-urlencoded": {"schema": schema, "encoding": encoding}}}


def query_of(schema: Schema) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "style": "deepObject" if is_deep(member) else "form",
            "explode": True,
            "schema": member,
        }
        for name, member in schema["properties"].items()
    ]


def to_31(spec: Schema) -> Schema:
    """Return the document as OpenAPI 3.1, which has plain JSON Schema types instead of ``nullable``."""
    converted: Schema = without_nullable(spec)
    return {**converted, "openapi": "3.1.0"}


def without_nullable(value: Any) -> Any:
    if isinstance(value, list):
        return [without_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {key: without_nullable(item) for key, item in value.items()}
    if schema.pop("nullable", None) is not True:
        return schema
    if "anyOf" in schema:
        schema["anyOf"] = schema["anyOf"] + [{"type": "null"}]
    elif "allOf" in schema:
        schema = {"anyOf": [{"allOf": schema.pop("allOf")}, {"type": "null"}], **schema}
    elif "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = schema["enum"] + [None]
    return schema
