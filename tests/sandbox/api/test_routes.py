"""The routes of the API."""

import re
from collections import Counter
from importlib import import_module

from sandbox import app
from sandbox.core import registry


def test_no_route_has_two_handlers() -> None:
    for name in app.RESOURCES:
        import_module(f"sandbox.{name}")
    routes = Counter((each.method, re.sub(r"{\w+}", "{}", each.template)) for each in registry.ROUTES)
    assert [route for route, handlers in routes.items() if handlers > 1] == []
