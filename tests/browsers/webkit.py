"""
WebKitGTK's small browser on a screen that nobody sees, driven by its own WebDriver.

It is the engine of Safari as GNOME builds it. GTK needs a screen, which Xvfb is.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from config.dev.process_group import answers
from tests.browsers.driver import Driver, Refused
from tests.support.patience import PATIENCE, wait_for
from tests.support.ports import free_port

SCREEN = "1280x900x24"
# How each command is asked for over HTTP; what is in braces is taken out of what is given.
HTTP = {
    "Navigate": ("POST", "/url"),
    "FindElements": ("POST", "/elements"),
    "ElementClick": ("POST", "/element/{id}/click"),
    "ElementSendKeys": ("POST", "/element/{id}/value"),
    "GetElementText": ("GET", "/element/{id}/text"),
    "GetCurrentURL": ("GET", "/url"),
    "ExecuteScript": ("POST", "/execute/sync"),
}


def mini_browser() -> str | None:
    return next(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")), None)


def installed() -> str | None:
    """Return the path of WebKit's WebDriver, or None if that, the browser or the screen isn't installed."""
    needed = [shutil.which("WebKitWebDriver"), shutil.which("Xvfb"), mini_browser()]
    return needed[0] if all(needed) else None


@contextmanager
def running(folder: Path) -> Iterator[Driver]:
    """Run the browser until the block ends; what it keeps and says is in ``folder``."""
    port = free_port()
    with ExitStack() as stack, (folder / "webkit.log").open("wb") as log:
        display = stack.enter_context(screen(log))
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "DISPLAY": display}
        command = [str(installed()), f"--port={port}"]
        stack.enter_context(ended(subprocess.Popen(command, env=env, stdout=log, stderr=log)))
        wait_for(lambda: answers(port), "WebKit's WebDriver")
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE))
        yield Driver(stack.enter_context(session(client)))


@contextmanager
def screen(log: Any) -> Iterator[str]:
    """Run a screen, and give its name: the first number that is free."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writer], stdout=log, stderr=log)
    os.close(writer)
    with ended(process), os.fdopen(reader) as number:
        yield f":{number.readline().strip()}"


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """End the process after the block."""
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def session(client: httpx.Client) -> Iterator["Session"]:
    options = {"binary": mini_browser(), "args": ["--automation"]}
    wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
    begun = Session(client, "")
    begun.path = f"/session/{begun.ask('POST', '/session', wanted)['sessionId']}"
    try:
        yield begun
    finally:
        begun.ask("DELETE", begun.path, {})


class Session:
    """WebDriver over HTTP: https://www.w3.org/TR/webdriver2/#endpoints"""

    def __init__(self, client: httpx.Client, path: str) -> None:
        self._client = client
        self.path = path

    def do(self, command: str, **given: Any) -> Any:
        method, path = HTTP[command]
        return self.ask(method, self.path + path.format(id=given.pop("id", "")), given)

    def ask(self, method: str, path: str, given: dict[str, Any]) -> Any:
        answer = self._client.request(method, path, json=given if method == "POST" else None)
        value = answer.json()["value"]
        if answer.is_error:
            raise Refused(f"{method} {path} {given}: {value['message']}")
        return value
