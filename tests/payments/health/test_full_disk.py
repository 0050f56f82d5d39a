"""A database whose disk is full: nothing is lost, and everybody is told when to come back."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier, Literal

from tests.support.postgres.databases import Connection, connect, drop, seeded
from tests.support.postgres.databases import address_of as address
from tests.support.sandbox import Sandbox, encode, sign
from tests.support.shop import SECRET
from tests.waiting.test_server import Answer, Shop, Web

SIZE = 48  # MB; a database has 20


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk of memory, which only root can do; the test is skipped for others."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=777", "tmpfs", folder])
    if os.geteuid() or mounted.returncode:
        pytest.skip("A small disk can't be mounted here.")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def shop(sandbox: Sandbox, open_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    """A shop whose database is on a small disk."""
    open_folder.chmod(0o755)
    disk, name = open_folder / "disk", f"shop_{os.getpid()}_disk"
    disk.mkdir()
    with small_disk(disk), connect() as connection:
        place = disk / "postgresql"
        place.mkdir()
        _give_to_postgres(place, connection)
        connection.execute(
            SQL("CREATE TABLESPACE {} LOCATION {}").format(Identifier(name), Literal(str(place)))
        )
        try:
            create = SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}")
            connection.execute(create.format(Identifier(name), Identifier(seeded()), Identifier(name)))
            env = {
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": address(name),
                "DATABASE_LISTEN_URL": "",
                "STRIPE_API_BASE": sandbox.url,
            }
            shop = Shop(address(name), sandbox, env, tmp_path)
            with shop.processes:
                yield shop
        finally:
            drop(connection, name)
            connection.execute(SQL("DROP TABLESPACE {}").format(Identifier(name)))


def _give_to_postgres(folder: Path, connection: Connection) -> None:
    found = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    assert found
    owner = Path(str(found[0])).stat()
    os.chown(folder, owner.st_uid, owner.st_gid)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave nothing of the disk during the block."""
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(SIZE * 1024 * 1024))
    yield
    filler.unlink()


def test_a_full_disk_loses_nothing(shop: Shop, open_folder: Path, stripe: Sandbox) -> None:
    web = shop.open("web")
    page = shop.buy(web)
    stripe.pay(page.session_id)
    body = encode(stripe.event("completed", page.session_id))

    def deliver() -> Answer:
        return web.ask("POST", "/api/webhook/stripe", body, Stripe_Signature=sign(body, SECRET))

    with filled(open_folder / "disk"):
        refused = deliver()

        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert state(web) == (503, b'{"ready": false, "database": "full"}')
        assert b'"status":"pending"' in page.ask(web).body  # What only reads goes on.
    assert deliver().body == b'{"received":true,"outcome":"applied"}'
    assert state(web)[0] == 200
    assert b'"status":"succeeded"' in page.ask(web).body


def state(web: Web) -> tuple[int, bytes]:
    answer = web.ask("GET", "/readyz")
    return answer.status, answer.body
