"""What somebody keeps locked isn't reconciled, and everything else is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from payments.models import Payment
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy


@contextmanager
def locked(statement: str, *values: object) -> Iterator[None]:
    with psycopg.connect(**connector_params()) as somebody:
        somebody.execute(statement.encode(), values)
        yield
        somebody.rollback()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM bookings_seat WHERE label = 'A-1' FOR UPDATE",
        "SELECT FROM payments_payment ORDER BY id LIMIT 1 FOR UPDATE",
    ],
)
def test_one_that_is_locked_stops_no_other(statement: str, buy: Buy, stripe: Sandbox) -> None:
    first, second = buy("A-1"), buy("A-2")
    for purchase in (first, second):
        stripe.expire(purchase.session_id)
    past = timezone.now() - timedelta(hours=1)
    Payment.objects.update(next_check_at=past)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")

    try:
        with locked(statement):
            reconcile(Run(rate=1_000))
            assert [one.payment.status for one in (first, second)] == ["pending", "expired"]
        Payment.objects.undecided().update(next_check_at=past, asked_at=None)
        reconcile(Run(rate=1_000))
        assert first.payment.status == "expired"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
