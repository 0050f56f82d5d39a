"""Run a shop for the benchmarks: real processes, the sandbox, and a database of its own."""

import os
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, LiteralString, TypeVar
from urllib.parse import urlsplit

import django
import psycopg
import uvloop
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from bench.support.client import Answer, Connection, in_parallel
from config.dev import embedded
from config.dev.process_group import Processes, answers, web
from tests.support.ports import free_port
from tests.support.sandbox import encode, sign

KEY = "sk_test_bench"
SECRET = "whsec_bench"
ROW = 500  # seats
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """A customer's page after paying: its session, and the ETag of the status it shows."""

    session_id: str
    etag: str

    @property
    def url(self) -> str:
        return f"/api/payment-status?session_id={self.session_id}"

    def waiting(self, seconds: int = 30) -> dict[str, str]:
        return {"If-None-Match": self.etag, "Prefer": f"wait={seconds}"}


@dataclass(frozen=True)
class Web:
    """One web process."""

    port: int
    pid: int

    def connect(self) -> Connection:
        return Connection(self.port)

    @property
    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    @property
    def seconds(self) -> float:
        """The CPU time that the process has used, in s; other load hardly affects it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """The process's resident memory, in bytes."""
        (line,) = [
            line
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
            if line.startswith("VmRSS:")
        ]
        return 1024 * int(line.split()[1])

    async def held(self) -> int:
        """Return how many requests the process holds, according to its metrics."""
        async with self.connect() as connection:
            metrics = (await connection.ask("GET", "/metrics")).body.decode()
        (gauge,) = [line for line in metrics.splitlines() if line.startswith("admit_held_requests ")]
        return int(float(gauge.split()[1]))


class Shop:
    """A running sandbox and a database with one event of many seats; web processes are opened as needed."""

    def __init__(self, database_url: str, processes: Processes) -> None:
        self.database_url = database_url
        self.processes = processes
        self.stripe_port = 0
        self._seats = count()
        self._customers = count()

    def open(self, name: str, command: Callable[[int], Sequence[str]] = web) -> Web:
        """Start a web process, wait until it answers, and return it."""
        port = free_port()
        process = self.processes.start(name, *command(port))
        self.processes.wait_until(lambda: answers(port), seconds=30)
        return Web(port, process.pid)

    async def buy(self, web: Web, number: int) -> list[Page]:
        """Open ``number`` checkouts for two seats each, over eight connections; return their pages."""

        async def buy(connection: Connection) -> Page:
            customer = next(self._customers)
            email = f"ada{customer}@example.com"
            order = {"event": "bench", "seats": self._two_seats(), "name": "Ada", "email": email}
            # Each customer needs an IP address of their own, or the limits would count them as one.
            address = f"10.{customer >> 16}.{customer >> 8 & 255}.{customer & 255}"
            headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
            bought = await connection.ask("POST", "/api/checkout", encode(order), headers)
            page = Page(bought.json()["session_id"], "")
            return Page(page.session_id, (await connection.ask("GET", page.url)).etag)

        return await in_parallel(web.port, 8, [buy] * number)

    def _two_seats(self) -> list[str]:
        first = 2 * next(self._seats)
        return [f"{chr(65 + seat // ROW)}-{1 + seat % ROW}" for seat in (first, first + 1)]

    async def pay(self, pages: Sequence[Page]) -> dict[str, bytes]:
        """Pay for ``pages`` in the sandbox; return the undelivered event of each session as JSON."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}

        def paying(page: Page) -> Callable[[Connection], Coroutine[Any, Any, Answer]]:
            path, how = f"/_sandbox/sessions/{page.session_id}/pay", encode({"card": "4242424242424242"})
            return lambda connection: connection.ask("POST", path, how, headers)

        await in_parallel(self.stripe_port, 4, [paying(page) for page in pages])
        wanted = {page.session_id for page in pages}
        bodies: dict[str, bytes] = {}
        async with Connection(self.stripe_port) as stripe:
            after = ""
            while len(bodies) < len(wanted):
                path = f"/v1/events?type=checkout.session.completed&limit=100{after}"
                events = (await stripe.ask("GET", path, headers=headers)).json()["data"]
                found = {event["data"]["object"]["id"]: encode(event) for event in events}
                bodies |= {session_id: found[session_id] for session_id in wanted & found.keys()}
                after = f"&starting_after={events[-1]['id']}"
        return bodies

    def backends(self) -> int:
        """Return the number of database connections of the processes."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0]) - 1

    def statements(self) -> int:
        """
        Return how many statements the processes have sent so far, the pool's checks included.

        Those of transactions count as one, and a server's counts may be a second old.
        """
        query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0])


def command_for(*application: str) -> Callable[[int], Sequence[str]]:
    """Return a function that gives the usual web command for a port, but with another ``application``."""

    def command(port: int) -> Sequence[str]:
        server, _ours, *options = web(port)
        return [server, *application, *options]

    return command


async def deliver(connection: Connection, body: bytes) -> None:
    """Sign an event and deliver it to the webhook."""
    headers = {"Content-Type": "application/json", "Stripe-Signature": sign(body, SECRET)}
    answer = await connection.ask("POST", "/api/webhook/stripe", body, headers)
    assert answer.body == b'{"received":true,"outcome":"applied"}', answer


@contextmanager
def open_shop(*, rows: int = 10) -> Iterator[Shop]:
    """Run a shop with ``rows`` times 500 seats; stop it and drop its database at the end of the block."""
    server_url = os.environ.get("DATABASE_URL") or embedded.database_url("postgres")
    database = f"bench_{os.getpid()}"
    url = urlsplit(server_url)._replace(path=f"/{database}").geturl()
    stripe_port = free_port()
    env = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "SITE_URL": "http://127.0.0.1",
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": url,
        "DATABASE_LISTEN_URL": "",
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": f"http://127.0.0.1:{stripe_port}",
        "TICKET_SIGNING_KEY": "b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=",
        "EMAIL_URL": "memorymail://",
        "HOLD_SHARE_CONFIRMED": "100",  # These crowds read no mails.
    }
    os.environ.update(env)
    _execute(server_url, "CREATE DATABASE {}", database)
    try:
        fill(rows)
        with tempfile.TemporaryDirectory() as folder, Processes(env, logs=Path(folder)) as processes:
            shop = Shop(url, processes)
            shop.stripe_port = stripe_port
            options = ["--port", str(stripe_port), "--state", f"{folder}/state", "--key", KEY]
            processes.start("sandbox", "sandbox", *options, "--rate-limit", "0")
            processes.wait_until(lambda: answers(stripe_port), seconds=30)
            yield shop
    finally:
        _execute(server_url, "DROP DATABASE {} WITH (FORCE)", database)


def fill(rows: int) -> None:
    """Create the tables and an event, in this process."""
    django.setup()  # Before the imports below, and after the environment is set.
    from bookings.models import Event
    from bookings.seats.layout import add_rows

    call_command("migrate", verbosity=0)
    now = timezone.now()
    event = Event.objects.create(
        title="Bench",
        visibility="published",
        slug="bench",
        venue="Here",
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=31),
        sales_from=now - timedelta(days=1),
        sales_until=now + timedelta(days=29),
        organiser_name="Bench",
        organiser_email="bench@example.com",
    )
    add_rows(event, rows=[chr(65 + row) for row in range(rows)], numbers=range(1, ROW + 1), price=4200)
    disconnect()


def disconnect() -> None:
    """Close this process's connections to the shop's database, which the benchmark might count."""
    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


def _execute(server_url: str, statement: LiteralString, database: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a benchmark with uvloop, like the web processes."""
    return uvloop.run(main())
