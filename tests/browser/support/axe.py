"""Check the accessibility of pages with axe-core."""

import json
from typing import Any, Literal

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, ViewportSize

Scheme = Literal["light", "dark"]
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
AXE = AXE_FILE_PATH.read_text()
RUN = "options => axe.run(options).then(results => results.violations)"


def violations(page: Page, size: ViewportSize, scheme: Scheme, options: dict[str, Any]) -> list[str]:
    """Return the violations of axe's rules in a window of this size, as sentences."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return [
        f"{size['width']} {scheme}: {rule['id']} at {json.dumps(node['target'])}: {node['failureSummary']}"
        for rule in page.evaluate(RUN, options)
        for node in rule["nodes"]
    ]
