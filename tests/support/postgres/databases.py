"""The tests' own PostgreSQL, with nothing on it that has to survive, and databases that are ready to use."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from config.dev import embedded
from config.dev.demo import manage
from tests.support.paths import ROOT
from tests.support.postgres.keeper import keep

DATA = embedded.HOME / "tests"
# Nothing has to survive, and statistics that change between two tests would change the plans of queries.
OFF = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
LOCK = 20261130  # held while templates are made
OWNER = "tests_owner"  # may do no more in its database than deploy/postgresql/roles.sql lets the shop
# What the tables come from.
CODE = ("bookings", "branding", "config", "customers", "legal", "payments", "privacy", "receipts", "waiting")

Connection = psycopg.Connection[tuple[object, ...]]


@cache
def server() -> str:
    """Return ``DATABASE_URL``, or the address of the embedded server, which is started if need be."""
    if given := os.environ.get("DATABASE_URL"):
        return given
    url = embedded.database_url(data=DATA)
    keep(DATA)
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in OFF:
            connection.execute(SQL("ALTER SYSTEM SET {} TO off").format(Identifier(setting)))
        for setting, value in embedded.DISCREET.items():
            connection.execute(SQL("ALTER SYSTEM SET {} TO {}").format(Identifier(setting), Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
        drop_forgotten(connection)
    return url


def connect() -> Connection:
    return psycopg.connect(server(), autocommit=True)


def address_of(name: str) -> str:
    """Return the address of another database on the same server."""
    return urlsplit(server())._replace(path=f"/{name}").geturl()


@contextmanager
def own_database() -> Iterator[str]:
    """Create a database with the demo's event, give its address, and drop it in the end."""
    name = f"shop_{os.getpid()}_{secrets.token_hex(4)}"
    template = seeded()
    with connect() as connection:
        create(connection, name, template=template)
    try:
        yield address_of(name)
    finally:
        with connect() as connection:
            drop(connection, name)


@contextmanager
def empty_database() -> Iterator[str]:
    """Create a database without tables, give its address, and drop it in the end."""
    name = f"peers_{os.getpid()}_{secrets.token_hex(4)}"
    with connect() as connection:
        create(connection, name, template="template0")
    try:
        yield address_of(name)
    finally:
        with connect() as connection:
            drop(connection, name)


def migrated() -> str:
    """Return the name of a database with all tables; a plain role makes one for each state of the code."""
    return _template(f"migrated_{_code()}", "migrate", is_owner=True)


def seeded() -> str:
    """Return the name of one that has Demo Night as well; it is made anew each day."""
    today = datetime.now(UTC).date().isoformat()
    return _template(
        f"seeded_{_code()}_{today}", "seed_demo", "--only=demo-night", "--plain", beside=migrated()
    )


def _template(name: str, *command: str, beside: str = "template1", is_owner: bool = False) -> str:
    """
    Return ``name``, once there is a database of that name: a copy of one after a command of Django's.

    With ``is_owner`` the command may do what the owner of a database may, and nothing else.
    """
    kind, unfinished = name.partition("_")[0], f"unfinished_{name}"
    with connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if name not in databases(connection, kind):
            drop(connection, unfinished)
            create(connection, unfinished, template=beside)
            address = _give_away(connection, unfinished) if is_owner else address_of(unfinished)
            env = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": address}
            manage(env, *command, "--verbosity=0")
            connection.execute(
                SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name))
            )
            for old in databases(connection, kind) - {name}:
                drop(connection, old)
    return name


def _give_away(connection: Connection, name: str) -> str:
    """Make the database another role's, if this one may do anything, and return its address as that role."""
    address = address_of(name)
    if connection.info.parameter_status("is_superuser") != "on":
        return address
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
        connection.execute(SQL("CREATE ROLE {}").format(Identifier(OWNER)))
    connection.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(OWNER)))
    return f"{address}{'&' if urlsplit(address).query else '?'}options=-crole%3D{OWNER}"


def _code() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for file in sorted(file for room in CODE for file in (ROOT / room).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def databases(connection: Connection, kind: str) -> set[str]:
    """Return the names of the databases that begin with ``kind`` and an underscore."""
    found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{kind}_"])
    return {str(name) for (name,) in found}


def create(connection: Connection, name: str, *, template: str) -> None:
    connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))


def drop(connection: Connection, name: str) -> None:
    connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def drop_forgotten(connection: Connection) -> None:
    """Drop the databases of runs that were killed."""
    for name in databases(connection, "shop") | databases(connection, "peers"):
        if not psutil.pid_exists(int(name.split("_")[1])):
            drop(connection, name)
