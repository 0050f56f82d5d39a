"""Adjust the OpenAPI schema at ``/api/schema``."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

Endpoint = tuple[str, str, str, Any]  # path, regex of the path, method, view


def strip_trailing_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """List every path without the trailing slash, as the API is documented; both forms work."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


class SignedInScheme(OpenApiAuthenticationExtension):
    """Document the session cookie as an authentication scheme."""

    target_class = "config.authentication.SignedInAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
