"""Compare a shop of 1,000 payments with one of 1,000,000: ``python -m bench.growth``."""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import LiteralString, Self, cast
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.support.operations import EVENT, LIMIT, SECRET
from bench.support.report import Bars, Cell, Table, tell
from config.dev import embedded
from config.dev.demo import manage

SCRIPT = Path(__file__).parent / "support" / "growth.sql"
SMALL, LARGE = 1_000, 1_000_000
GOAL = 1.3
TIMES = 24  # how often each shop does the same; they take turns
WARM_UP = 2
PATIENCE = 3  # s for all turns of the slower one
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "SITE_URL": "http://127.0.0.1",
    "STAFF_SECOND_FACTOR": "optional",
    "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
    "ALLOWED_HOSTS": "testserver",
    "DATABASE_LISTEN_URL": "",
    "STRIPE_SECRET_KEY": "sk_live_bench",
    "STRIPE_WEBHOOK_SECRET": SECRET,
    "STRIPE_API_BASE": "http://127.0.0.1:1",  # Nothing listens there, and nobody asks.
    "TICKET_SIGNING_KEY": "b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=",
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "WARNING",
}
COUNTED = ("payments_payment", "bookings_ticket", "bookings_seat", "payments_stripeevent", "auth_user")


class Worker:
    """A process that does a shop's operations when it is told to."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "bench.support.operations"]
        limited = f"{url}{'&' if urlsplit(url).query else '?'}options=-c%20statement_timeout%3D{LIMIT}s"
        env, pipe = {**ENVIRONMENT, "DATABASE_URL": limited}, subprocess.PIPE
        self._process = subprocess.Popen(
            command, env={**os.environ, **env}, stdin=pipe, stdout=pipe, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def read(self) -> list[str]:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def take(self, name: str, times: int) -> list[float]:
        assert self._process.stdin
        self._process.stdin.write(f"{name} {times}\n")
        self._process.stdin.flush()
        return cast(list[float], self.read())


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--payments", type=int, default=LARGE, help="of the large shop (default: %(default)s)"
    )
    parser.add_argument("--only", default="", help="only operations whose name has this in it")
    parser.add_argument(
        "--keep", action="store_true", help="keep the databases, and use those of the last time"
    )
    parser.add_argument("--write", action="store_true", help="write the results into bench/README.md")
    options = parser.parse_args()
    sizes = (SMALL, options.payments)
    with ExitStack() as stack:
        urls = [stack.enter_context(shop(size, keep=options.keep)) for size in sizes]
        workers = [stack.enter_context(Worker(url)) for url in urls]
        names, _same = (worker.read() for worker in workers)
        chosen = [name for name in names if options.only in name]
        found = {name: compare(name, workers) for name in chosen}
        rows = [counts(url) for url in urls]
        checked = [] if options.only else [fsck(url) for url in urls]
        report(found, sizes, rows, checked)


def compare(name: str, workers: list[Worker]) -> list[float]:
    """Return the median of an operation in ms, in the small and in the large shop, which take turns."""
    slowest = max(min(worker.take(name, WARM_UP)) for worker in workers)
    seconds: list[list[float]] = [[], []]
    for _ in range(max(3, min(TIMES, round(PATIENCE / slowest)))):
        for taken, worker in zip(seconds, workers, strict=True):
            taken += worker.take(name, 1)
    found = [1000 * median(taken) for taken in seconds]
    print(f"{name}: {found[0]:.1f} ms, {found[1]:.1f} ms", file=sys.stderr, flush=True)
    return found


def report(
    found: dict[str, list[float]],
    sizes: tuple[int, int],
    rows: list[dict[str, int]],
    checked: list[tuple[float, int]],
) -> None:
    ratios = {name: large / small for name, (small, large) in found.items()}
    of_sizes = [f"{size:,} payments" for size in sizes]
    lines: list[list[Cell]] = [[name, *found[name], ratios[name]] for name in found]
    made: list[list[Cell]] = [[name, *(each[name] for each in rows)] for name in rows[0]]
    if checked:
        made += [
            ["fsck: s", *(seconds for seconds, _memory in checked)],
            ["fsck: MB of memory", *(memory for _seconds, memory in checked)],
        ]
    missed = [name for name, ratio in ratios.items() if ratio > GOAL]
    tell(
        "growth",
        Table(columns=["ms", *of_sizes, "ratio"], rows=lines),
        Table(columns=["", *of_sizes], rows=made),
        bars=Bars(
            title=f"{sizes[1]:,} payments against {sizes[0]:,}", values=list(ratios.items()), goal=GOAL
        ),
        note=f"Above {GOAL}: {', '.join(missed) or 'none'}.",
    )


def fsck(url: str) -> tuple[float, int]:
    """Run the command, and return how many s it took and how many MB of memory."""
    began = time.perf_counter()
    command, nothing = [sys.executable, "manage.py", "fsck"], subprocess.DEVNULL
    process = subprocess.Popen(
        command, env={**os.environ, **ENVIRONMENT, "DATABASE_URL": url}, stdout=nothing, stderr=nothing
    )
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # In one that was kept for longer than a session lives, it finds those that nobody has asked about.
    assert process.returncode in (0, 1), process.returncode
    return time.perf_counter() - began, usage.ru_maxrss // 1_000


@contextmanager
def shop(payments: int, *, keep: bool) -> Iterator[str]:
    """Fill a database with a shop of this size, give its address, and drop it in the end."""
    server = os.environ.get("DATABASE_URL") or embedded.database_url("postgres")
    name = f"growth_{payments}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not (keep and known):
            execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
            execute(connection, "CREATE DATABASE {}", name)
            try:
                manage({**ENVIRONMENT, "DATABASE_URL": url}, "migrate", "--verbosity=0")
                fill(url, payments)
            except BaseException:
                execute(connection, "DROP DATABASE {} WITH (FORCE)", name)
                raise
    try:
        yield url
    finally:
        if not keep:
            with psycopg.connect(server, autocommit=True) as connection:
                execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def execute(connection: psycopg.Connection, statement: LiteralString, name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def fill(url: str, payments: int) -> None:
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in (("payments", str(payments)), ("body", EVENT)):
            connection.execute("SELECT set_config(%s, %s, false)", [f"growth.{name}", value])
        for statement in SCRIPT.read_text().split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    print(f"{payments:,} payments made in {time.perf_counter() - began:.0f} s.", flush=True)


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            ).fetchone()[0]  # type: ignore[index]
            for table in COUNTED
        }


if __name__ == "__main__":
    main()
