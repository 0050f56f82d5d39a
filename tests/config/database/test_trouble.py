"""What the database's errors mean: when to come back, and never that the shop is broken."""

from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connections
from django.test import Client, RequestFactory
from psycopg import errors

from config.database import timeouts
from config.database.trouble import trouble_of
from config.views import server_error


def because(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OperationalError(), "unreachable"),
        (InterfaceError("connection already closed"), "unreachable"),
        (because(OperationalError(), errors.TooManyConnections()), "unreachable"),
        # What psycopg says of a server that dies while it answers.
        (
            because(InternalError(), psycopg.InternalError("received 2 results from command 'BEGIN'")),
            "unreachable",
        ),
        (because(InternalError(), errors.ReadOnlySqlTransaction()), "read_only"),
        (because(OperationalError(), errors.DiskFull()), "full"),
        (because(OperationalError(), errors.LockNotAvailable()), "slow"),
        (because(OperationalError(), errors.QueryCanceled()), "slow"),
        (because(OperationalError(), errors.DeadlockDetected()), "slow"),
        (because(InternalError(), errors.IdleInTransactionSessionTimeout()), "slow"),
        (because(InternalError(), errors.InFailedSqlTransaction()), None),
        (IntegrityError(), None),
        (ValueError(), None),
        (None, None),
    ],
)
def test_which_errors_are_the_databases_fault(error: Exception | None, trouble: str | None) -> None:
    assert trouble_of(error) == trouble


@pytest.mark.parametrize("path", ["/api/payment-status", "/"])
@pytest.mark.parametrize("cause", [errors.LockNotAvailable(), errors.AdminShutdown()])
def test_wherever_the_database_is_missed_the_answer_says_when_to_come_back(
    path: str, cause: Exception
) -> None:
    try:
        raise OperationalError("away") from cause
    except OperationalError:
        answer = server_error(RequestFactory().get(path))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (b'"code": "unavailable"' in answer.content) == path.startswith("/api/")


@pytest.fixture
def options() -> Any:
    options = connections["default"].settings_dict["OPTIONS"]
    before = dict(options)
    yield options
    options.clear()
    options.update(before)


@pytest.mark.parametrize(
    ("limit", "limits"),
    [(timeouts.limit_web, ["15s", "5s", "30s"]), (timeouts.limit_worker, ["30s", "10s", "1min"])],
)
def test_each_kind_of_process_has_its_limits(db: None, options: Any, limit: Any, limits: list[str]) -> None:
    limit()

    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    params = connections["default"].get_connection_params()
    known = {key: params[key] for key in ("host", "port", "user", "dbname", "options") if key in params}
    with psycopg.connect(**known) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    assert shown == [(value,) for value in limits]


def test_what_the_address_says_counts_more(options: Any, settings: Any) -> None:
    settings.DATABASE_OPTIONS = "-c lock_timeout=9s"
    timeouts.limit_web()

    assert options["options"].endswith("_timeout=30s -c lock_timeout=9s")


def test_a_pooler_is_told_nothing_that_it_would_refuse(options: Any, settings: Any) -> None:
    settings.DATABASE_LISTEN_URL = "postgresql:///direct"
    timeouts.limit_web()

    assert options.get("options", "") == configured.DATABASE_OPTIONS


def test_behind_a_pooler_a_role_without_limits_is_warned_of(client: Client, db: None, settings: Any) -> None:
    settings.DATABASE_LISTEN_URL = "postgresql:///direct"

    def told() -> bool:
        return "timeouts_missing" in {warned["code"] for warned in client.get("/readyz").json()["warnings"]}

    with connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        assert told()
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        assert not told()
