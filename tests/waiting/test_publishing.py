"""What a transaction publishes goes out once it has committed, by one statement."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.support.listening import Hear, hearing
from waiting.publishing import publish, publish_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hear(transactional_db: None) -> Iterator[Hear]:
    with hearing() as hear:
        yield hear


def test_all_topics_of_a_transaction_go_out_by_one_statement(hear: Hear) -> None:
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        publish("booking:1")
        publish_all(["event:1", "booking:1"])
        assert not any("pg_notify" in query["sql"] for query in queries.captured_queries)

    told = [query["sql"] for query in queries.captured_queries if "pg_notify" in query["sql"]]
    assert len(told) == 1
    assert told[0].count("booking:1") == 1
    assert hear() == {"booking:1", "event:1"}


def test_without_a_transaction_a_topic_goes_out_at_once(hear: Hear) -> None:
    publish("booking:1")

    assert hear() == {"booking:1"}


def test_a_savepoint_that_is_rolled_back_takes_no_other_topic_along(hear: Hear) -> None:
    with transaction.atomic():
        with transaction.atomic():
            publish("booking:1")
            transaction.set_rollback(True)
        publish("booking:2")

    assert hear() == {"booking:2"}


def test_a_transaction_that_is_rolled_back_publishes_nothing(hear: Hear) -> None:
    with transaction.atomic():
        publish("booking:1")
        transaction.set_rollback(True)
    publish("booking:2")

    assert hear() == {"booking:2"}


def test_a_database_that_is_lost_after_the_commit_costs_only_the_publication(
    hear: Hear, caplog: pytest.LogCaptureFixture
) -> None:
    def lose_the_connection() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with transaction.atomic():
        transaction.on_commit(lose_the_connection, robust=True)
        publish("booking:1")
    connection.close()
    publish("booking:2")

    assert "Error calling Publication in on_commit()" in caplog.text
    assert hear() == {"booking:2"}
