"""Adjust the OpenAPI schema at ``/api/schema``."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

Endpoint = tuple[str, str, str, Any]  # path, regex of the path, method, view
Schema = dict[str, Any]
# By HTTP status and code: the schemas of what an error has besides its code and message.
Errors = dict[int, dict[str, dict[str, Schema]]]
View = TypeVar("View", bound=Callable[..., Any])

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "array", "items": TEXT}
FIELDS: Schema = {"type": "object", "additionalProperties": {}, "description": "What is wrong, by field."}
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": TEXT, "message": {**TEXT, "description": "A sentence for a person."}},
            "additionalProperties": {},
        }
    },
}

OF_ANY: Errors = {
    400: {"bad_request": {}},
    406: {"not_acceptable": {}},
    414: {"address_too_long": {}},
    431: {"headers_too_large": {}},
    500: {"server_error": {}},
    503: {"unavailable": {}},
}
OF_BODIES: Errors = {408: {"too_slow": {}}, 413: {"too_large": {}}}
OF_JSON: Errors = {
    400: {"parse_error": {}, "invalid": {"fields": FIELDS}},
    415: {"unsupported_media_type": {}},
}
SIGNED_OUT: Errors = {401: {"not_signed_in": {}}}
# How an operation is called that is for customers who are signed in.
SESSION: list[dict[str, list[str]]] = [{"session": []}]

RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="In seconds."
)
# The headers of an operation that answers with ``waiting.conditional``.
CONDITIONAL = [
    OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="A version that is known."),
    OpenApiParameter(
        "Prefer",
        str,
        OpenApiParameter.HEADER,
        description="`wait=N`: answer 304 only after N seconds, 30 at most, without a change.",
    ),
    OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 304], description="The version."),
]
UNCHANGED = {304: OpenApiResponse(description="The version that is known is the newest.")}


def operation(
    *,
    responses: dict[int, Any],
    errors: Sequence[Errors] = (),
    request: Any = None,
    reads_json: bool = True,
    parameters: Sequence[Any] = (),
    **more: Any,
) -> Callable[[View], View]:
    """
    Describe a view's method: what ``extend_schema`` takes, and its ``errors`` besides those of any operation.

    With a ``request`` it has the errors of a body too, and those of JSON unless ``reads_json`` is False.
    """
    of_body = [OF_BODIES, OF_JSON] if reads_json else [OF_BODIES]
    merged = _merge([OF_ANY, *(of_body if request else []), *errors])
    return extend_schema(
        request=request,
        responses={**responses, **{status: _describe(merged[status]) for status in sorted(merged)}},
        parameters=[*parameters, RETRY_AFTER],
        **more,
    )


def _merge(errors: Sequence[Errors]) -> Errors:
    merged: Errors = {}
    for some in errors:
        for status, codes in some.items():
            known = merged.setdefault(status, {})
            for code, members in codes.items():
                known[code] = {**known.get(code, {}), **members}
    return merged


def _describe(codes: dict[str, dict[str, Schema]]) -> OpenApiResponse:
    """Describe an error by the codes that it may have, and what comes with some of them."""
    members = {name: schema for more in codes.values() for name, schema in more.items()}
    error = {"properties": {"code": {**TEXT, "enum": sorted(codes)}, **members}}
    return OpenApiResponse(
        {"allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"error": error}}]},
        description=", ".join(f"`{code}`" for code in sorted(codes)),
    )


def complete(result: Schema, **_generation: Any) -> Schema:
    """Add the one shape of an error, and which requests need a body: all but those that may leave all out."""
    components = result["components"]["schemas"]
    components["Error"] = ERROR
    for operations in result["paths"].values():
        for body in (it["requestBody"] for it in operations.values() if "requestBody" in it):
            schema = body["content"]["application/json"]["schema"]
            if "$ref" in schema:
                schema = components[schema["$ref"].rpartition("/")[2]]
            body["required"] = "required" in schema or "properties" not in schema
    return result


def strip_trailing_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """List every path without the trailing slash, as the API is documented; both forms work."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


class SignedInScheme(OpenApiAuthenticationExtension):
    """Document the session cookie as an authentication scheme."""

    target_class = "config.authentication.SignedInAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
