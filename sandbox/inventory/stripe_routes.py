"""Stripe's routes."""

import re
from pathlib import Path

ROUTES = [
    (method, template, re.compile(re.sub(r"{\w+}", "[^/]+", template)))
    for method, _, template in (
        line.partition(" ") for line in Path(__file__).with_name("routes.txt").read_text().splitlines()
    )
]


def find_template(method: str, path: str) -> str | None:
    """Return the path template of the route that Stripe answers with; literal segments win over ids."""
    found = [
        template
        for verb, template, pattern in ROUTES
        if verb == method and pattern.fullmatch(path) is not None
    ]
    return min(found, key=placeholders, default=None)


def placeholders(template: str) -> int:
    return template.count("{")
