"""The JSON interface as its callers know it: everything said and answered must be in ``/api/schema``."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from tests.support.sandbox import encode

Schema = dict[str, Any]
REFS = "#/components/schemas/"
# Headers that HTTP has for any request.
ANYWHERE = {"Accept", "Host", "Origin"}

formats = FormatChecker()


@formats.checks("date-time", raises=ValueError)
def _is_time(value: Any) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@formats.checks("uri")
def _is_address(value: Any) -> bool:
    return not isinstance(value, str) or value.startswith(("http://", "https://"))


@lru_cache
def document() -> Schema:
    """Return what ``/api/schema`` answers."""
    return Client().get("/api/schema", headers={"Accept": "application/json"}).json()


def operations() -> dict[str, Schema]:
    """Return what the document says of each operation, by its name: ``POST /api/checkout``."""
    return {
        f"{method.upper()} {path}": said
        for path, methods in document()["paths"].items()
        for method, said in methods.items()
    }


def outcomes() -> set[str]:
    """Return every outcome in the document: an operation, a status, and an error's code."""
    return {
        f"{name} {status} {code}".strip()
        for name, said in operations().items()
        for status, response in said["responses"].items()
        for code in _codes(response)
    }


def _codes(response: Schema) -> list[str]:
    error = _error(response)
    return error["code"]["enum"] if error else [""]


def _error(response: Schema) -> Schema:
    """Return the schemas of an error's members, or nothing if ``response`` is none."""
    for part in _content(response).get("allOf", []):
        if "properties" in part:
            return part["properties"]["error"]["properties"]
    return {}


def _content(said: Schema) -> Schema:
    return said.get("content", {}).get("application/json", {}).get("schema", {})


def strict(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON Schema has it, in which an object has no unknown members."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("type") == "object" and "properties" in schema:
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def problems(schema: Schema, value: Any) -> list[str]:
    """Return what is wrong with ``value``."""
    whole = {"allOf": [strict(schema)], "components": strict(document()["components"])}
    found = Draft202012Validator(whole, format_checker=formats).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


class Api:
    """Calls operations; whatever isn't as documented fails the test. ``seen`` are the outcomes there were."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen: set[str] = set()

    def __call__(
        self,
        name: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
        **parts: str | int,
    ) -> Any:
        """Call an operation by its ``name`` and return the answer; bytes are a body that is sent as it is."""
        said, query, headers = operations()[name], query or {}, headers or {}
        path = {part: str(value) for part, value in parts.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else encode(body)
        method, template = name.split()
        address = f"{template.format(**path)}?{urlencode(query)}"
        response = self.client.generic(method, address, content, content_type, headers=headers)

        parameters = list(_parameters(said, query=query, header=headers, path=path))
        assert parameters == [], name
        if response.status_code < 400 and "requestBody" in said:
            assert _problems_of_body(said["requestBody"], body) == [], name
        self._check(name, said, response)
        return response

    def _check(self, name: str, said: Schema, response: Any) -> None:
        status = str(response.status_code)
        assert status in said["responses"], (name, status, response.content)
        assert response.headers["Cache-Control"] == "no-store", (name, status)
        answer, schema = said["responses"][status], _content(said["responses"][status])
        assert set(answer.get("headers", {})) <= set(response.headers), (name, status)
        if not schema:
            assert response.content == b"", (name, status)
            self.seen.add(f"{name} {status}")
            return
        assert response.headers["Content-Type"] == "application/json", (name, status)
        value = json.loads(response.content)
        assert problems(schema, value) == [], (name, status, value)
        error = value.get("error", {}) if _error(answer) else {}
        assert set(error) - {"message"} <= set(_error(answer)), (name, status)
        self.seen.add(f"{name} {status} {error.get('code', '')}".strip())


def _parameters(said: Schema, **given: dict[str, Any]) -> Iterator[str]:
    """Return which parameters are given and not documented, or needed and not given, or wrong."""
    known = {(it["in"], it["name"]): it for it in said.get("parameters", [])}
    for place, values in given.items():
        for key, value in values.items():
            parameter = known.pop((place, key), None)
            if parameter is None and key not in ANYWHERE:
                yield f"{place}: {key} is not documented"
            elif parameter and parameter["schema"]["type"] != "integer":
                yield from problems(parameter["schema"], value)
    yield from (f"{place}: {key} is missing" for (place, key), it in known.items() if it.get("required"))


def _problems_of_body(said: Schema, body: Any) -> list[str]:
    if body is None:
        return ["There has to be a body."] if said.get("required") else []
    return problems(_content(said), body)
