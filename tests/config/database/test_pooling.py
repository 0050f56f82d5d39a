"""The check of a pooled connection: it asks the server only when that can tell something new."""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from procrastinate.contrib.django.utils import connector_params
from psycopg_pool import ConnectionPool

from config.database import pooling
from config.database.pooling import PooledConnection


@pytest.fixture
def watcher(db: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connector_params(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def pooled(db: None) -> Iterator[PooledConnection]:
    with PooledConnection.connect(**connector_params(), autocommit=True) as connection:
        yield connection


def asked_at(connection: PooledConnection, watcher: psycopg.Connection) -> datetime:
    """Return when the server was last asked something over ``connection``."""
    query = "SELECT query_start FROM pg_stat_activity WHERE pid = %s"
    (moment,) = watcher.execute(query, [connection.info.backend_pid]).fetchone() or (None,)
    assert isinstance(moment, datetime)
    return moment


def test_the_server_is_asked_once_a_second_at_most(
    pooled: PooledConnection, watcher: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooled.execute("SELECT 1")
    before = asked_at(pooled, watcher)
    ConnectionPool.check_connection(pooled)
    first = asked_at(pooled, watcher)
    ConnectionPool.check_connection(pooled)
    second = asked_at(pooled, watcher)
    monkeypatch.setattr(pooling, "TRUSTED_FOR", 0)
    ConnectionPool.check_connection(pooled)

    assert before < first == second < asked_at(pooled, watcher)


def test_a_connection_that_the_server_has_cut_is_found_out_at_once(
    pooled: PooledConnection, watcher: psycopg.Connection
) -> None:
    ConnectionPool.check_connection(pooled)
    watcher.execute("SELECT pg_terminate_backend(%s, 5000)", [pooled.info.backend_pid])

    with pytest.raises(psycopg.OperationalError):
        ConnectionPool.check_connection(pooled)


def test_after_a_restart_of_the_server_the_first_request_gets_a_new_connection(
    watcher: psycopg.Connection,
) -> None:
    pool = ConnectionPool(
        kwargs={**connector_params(), "autocommit": True},
        connection_class=PooledConnection,
        check=ConnectionPool.check_connection,
        min_size=8,
        timeout=2,  # s: enough for new connections, and not for eight lost ones with a pause after each
        open=True,
    )
    with pool:
        pool.wait()
        lost = [connection.info.backend_pid for connection in pool._pool]
        watcher.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [lost])
        with pool.connection() as connection:
            assert connection.info.backend_pid not in lost


def test_everything_but_the_check_is_executed(pooled: PooledConnection) -> None:
    assert pooled.execute("SELECT %s::int", [7]).fetchone() == (7,)
