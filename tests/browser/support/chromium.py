"""
Start the system's Chromium, or the one that Playwright has downloaded.

The headless shell is the same engine without windows and profiles. It takes half the time.
"""

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
MISSING = "There is no Chromium on this machine: `make chromium` looks for one."


def launch(playwright: Playwright) -> Browser | None:
    """Start a browser, or return None if none is installed."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not Path(playwright.chromium.executable_path).exists():
        return None
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)  # None: the downloaded shell
