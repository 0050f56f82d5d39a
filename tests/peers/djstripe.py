"""dj-stripe in its own environment, with its own database."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any, Self

import httpx
from psycopg.conninfo import conninfo_to_dict

from config.dev.lifeline import lifeline
from tests.support.paths import ROOT
from tests.support.patience import wait_for
from tests.support.ports import free_port

PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SITE = Path(__file__).with_name("djstripe_site")
UNTOUCHED = ("djstripe", "stripe")  # packages


class DjStripe:
    """A copy of ``djstripe_site`` in ``folder``. In a ``with`` block, it has a web server on ``url``."""

    def __init__(self, folder: Path, *, stripe: str, key: str, database: str) -> None:
        folder.mkdir()
        shutil.copytree(SITE, folder / "site")
        self.folder = folder / "site"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PEERS_STRIPE": stripe,
            "PEERS_KEY": key,
            "PEERS_DATABASE": json.dumps(conninfo_to_dict(database)),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(self.folder),
        }
        self.log = (folder / "server.log").open("w+")
        self.server: subprocess.Popen[str] | None = None
        self.run("-m", "django", "migrate", "--verbosity", "0")

    def __enter__(self) -> Self:
        self.server = subprocess.Popen(
            [str(PYTHON), "-m", "django", "runserver", "--noreload", f"127.0.0.1:{self.port}"],
            cwd=self.folder,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            pass_fds=[lifeline()],
            text=True,
        )
        wait_for(self.answers, "dj-stripe's web server")
        return self

    def __exit__(self, *_: object) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(10)
        self.log.close()

    def answers(self) -> bool:
        try:
            return httpx.get(self.url).status_code > 0
        except httpx.TransportError:
            return False

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in dj-stripe's environment; raise ``RuntimeError`` with its output if that fails."""
        done = self.attempt(*arguments)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PYTHON), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def task(self, *arguments: str) -> Any:
        """Return what a task of ``tasks.py`` has printed."""
        return json.loads(self.run("tasks.py", *arguments).stdout)

    def versions(self) -> dict[str, str]:
        words = "from importlib.metadata import version as v; import json, stripe; print(json.dumps("
        words += (
            "{name: v(name) for name in ('dj-stripe', 'stripe', 'Django')} | {'API': stripe.api_version}))"
        )
        found: dict[str, str] = json.loads(self.run("-c", words).stdout)
        return found

    def shims(self) -> list[str]:
        """Return the files of dj-stripe and of the stripe package that aren't as they were published."""
        (packages,) = PYTHON.parent.parent.glob("lib/python*/site-packages")
        changed = []
        for record in packages.glob("*.dist-info/RECORD"):
            for path, digest, _size in csv.reader(record.read_text().splitlines()):
                if (
                    path.split("/")[0] in UNTOUCHED
                    and digest
                    and not is_as_published(packages / path, digest)
                ):
                    changed.append(path)
        return changed


def is_as_published(file: Path, digest: str) -> bool:
    kind, _, expected = digest.partition("=")
    if not file.exists():
        return False
    return urlsafe_b64encode(hashlib.new(kind, file.read_bytes()).digest()).decode().rstrip("=") == expected
