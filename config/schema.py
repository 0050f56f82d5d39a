"""What ``/api/schema`` says about this project's addresses."""

from typing import Any

Endpoint = tuple[str, str, str, Any]  # path, regex of the path, method, view


def without_slash(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Name every route as the contract does; each answers with a slash at its end too."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]
