"""Start the system's Chromium, or the one that Playwright has downloaded."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
MISSING = "There is no Chromium on this machine: `make chromium` looks for one."


def launch(playwright: Playwright) -> Browser | None:
    """Start a browser, or return None if none is installed."""
    path = find(playwright)
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS) if path else None


def find(playwright: Playwright) -> str | None:
    found = [path for name in NAMES if (path := shutil.which(name))]
    own = playwright.chromium.executable_path
    return found[0] if found else own if Path(own).exists() else None
