"""What ``/api/schema`` says about this project's addresses."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

Endpoint = tuple[str, str, str, Any]  # path, regex of the path, method, view


def without_slash(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Name every route as the contract does; each answers with a slash at its end too."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


class SignedInScheme(OpenApiAuthenticationExtension):
    """Being signed in is a cookie."""

    target_class = "config.authentication.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
