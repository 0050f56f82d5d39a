"""
Start the system's Chromium, or the one that Playwright has downloaded.

The headless shell is the same engine without windows and profiles. It takes half the time.
"""

import shutil
from pathlib import Path

from playwright import async_api
from playwright.sync_api import Browser, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# The pages of one context share a process: what one has compiled, the others needn't.
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--renderer-process-limit=1"]
MISSING = "There is no Chromium on this machine: `make chromium` looks for one."


def launch(playwright: Playwright) -> Browser | None:
    """Start a browser, or return None if none is installed."""
    chromium = playwright.chromium
    is_there, path = _find(chromium.executable_path)
    return chromium.launch(executable_path=path, args=ARGUMENTS) if is_there else None


def launch_another(browser: Browser, *arguments: str) -> Browser:
    """Start another browser of the same kind, with more arguments."""
    chromium = browser.browser_type
    _is_there, path = _find(chromium.executable_path)
    return chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])


async def launch_async(playwright: async_api.Playwright) -> async_api.Browser | None:
    """Start a browser for Playwright's asynchronous API, as ``launch`` does."""
    chromium = playwright.chromium
    is_there, path = _find(chromium.executable_path)
    return await chromium.launch(executable_path=path, args=ARGUMENTS) if is_there else None


def _find(downloaded: str) -> tuple[bool, str | None]:
    """Return whether there is a browser, and its path unless it is Playwright's own."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    return path is not None or Path(downloaded).exists(), path
