"""
The control surface: JSON requests under ``/_sandbox/``, which Stripe doesn't have.

The modules of this package register its actions.
"""

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.core.box import Box

# Called with (box, given, **ids in the path), where ``given`` is the query and the JSON body. It returns the
# reply, or (status, reply), and may be a coroutine.
Action = Callable[..., Any]

ACTIONS: list[tuple[str, str, Action]] = []


class Refused(Exception):
    """The request is invalid; the message says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def control(method: str, path: str) -> Callable[[Action], Action]:
    """Serve ``method`` on ``/_sandbox/<path>``."""

    def register(action: Action) -> Action:
        ACTIONS.append((method, f"/_sandbox/{path}", action))
        return action

    return register


def routes(box: Box) -> list[Route]:
    """Return the routes of all registered actions."""
    return [Route(path, endpoint(box, action), methods=[method]) for method, path, action in ACTIONS]


def endpoint(box: Box, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            given = {**request.query_params, **read_json(await request.body())}
            found = action(box, given, **request.path_params)
            found = await found if inspect.isawaitable(found) else found
        except Refused as error:
            return JSONResponse({"error": str(error)}, status_code=error.status)
        status, body = found if isinstance(found, tuple) else (200, found)
        return JSONResponse(body, status_code=status)

    return answer


def as_form(value: Any) -> Any:
    """Return JSON as the form of an API request has it, for the API's own declarations of parameters."""
    if isinstance(value, dict):
        return {name: as_form(member) for name, member in value.items()}
    if isinstance(value, list):
        return {str(position): as_form(item) for position, item in enumerate(value)}
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def read_json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body) if body.strip() else {}
    except ValueError:
        raise Refused("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise Refused("The body must be a JSON object.")
    return given
