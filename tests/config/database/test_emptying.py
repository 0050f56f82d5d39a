"""What follows a test that commits leaves nothing of it to the next one."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from legal.models import LegalText
from tests.legal.house import publish_terms
from tests.support.postgres.emptying import KEPT, PAGES, empty
from tests.support.shop import Purchase


def filled() -> set[str]:
    """Return the names of the tables that have rows."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = set()
        for table in tables:
            cursor.execute(SQL("SELECT EXISTS (SELECT FROM {})").format(Identifier(table)))
            found |= {table} if cursor.fetchone() == (True,) else set()
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sessions", [1, 200 * PAGES], ids=["few rows", "many"])
def test_a_test_that_commits_leaves_nothing_of_it(paid: Purchase, sessions: int) -> None:
    publish_terms()  # A trigger keeps them from being deleted.
    Session.objects.bulk_create(
        Session(session_key=f"s{number}", session_data="x" * 100, expire_date=timezone.now())
        for number in range(sessions)
    )

    empty()

    assert filled() <= set(KEPT)
    assert Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_constraints_and_triggers_hold_again_afterwards(paid: Purchase) -> None:
    empty()

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bookings_eventscope_events (eventscope_id, event_id) VALUES (1, 1)")
    publish_terms()
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalText.objects.all().delete()
