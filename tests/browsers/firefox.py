"""
Firefox without a window, driven by Marionette, which is built into it.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.browsers.driver import Driver, Refused
from tests.support.patience import PATIENCE, wait_for

NAMES = ("firefox-esr", "firefox")
# No first visits, no updates, nothing that is fetched from elsewhere.
PREFERENCES = """\
user_pref("marionette.port", 0);
user_pref("remote.prefs.recommended", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
"""


def installed() -> str | None:
    """Return the path of Firefox, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running(folder: Path) -> Iterator[Driver]:
    """Run Firefox with a new profile in ``folder`` until the block ends."""
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    command = [str(installed()), "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    with (folder / "firefox.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        port = profile / "MarionetteActivePort"
        wait_for(lambda: port.exists() and port.read_text() != "", "Firefox")
        address = ("127.0.0.1", int(port.read_text()))
        with (
            socket.create_connection(address, timeout=PATIENCE) as connection,
            connection.makefile("rb") as reader,
        ):
            marionette = Marionette(connection, reader)
            marionette.do("NewSession")
            yield Driver(marionette)
    finally:
        process.terminate()
        process.wait(PATIENCE)


class Marionette:
    """JSON, each message behind its length: ``[0, id, command, given]`` and ``[1, id, error, result]``."""

    def __init__(self, connection: socket.socket, reader: IO[bytes]) -> None:
        self._connection = connection
        self._reader = reader
        self._id = 0
        self._read()  # what it says of itself

    def do(self, command: str, **given: Any) -> Any:
        self._id += 1
        message = json.dumps([0, self._id, f"WebDriver:{command}", given]).encode()
        self._connection.sendall(b"%d:%s" % (len(message), message))
        _kind, _id, error, result = self._read()
        if error:
            raise Refused(f"{command} {given}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._reader.read(1)
        return json.loads(self._reader.read(int(length[:-1])))
