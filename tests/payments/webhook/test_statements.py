"""How the webhook confirms a payment in the database: each statement, and why it is needed."""

import re
import time
from threading import Event as Signal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Event
from payments.models import Payment
from tests.support.patience import PATIENCE
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRMATION = [
    ("SELECT payments_payment", "Whose is the event? Somebody else's isn't kept."),
    ("INSERT payments_stripeevent", "The evidence, or one more delivery of it; it commits by itself."),
    ("BEGIN", "The effects are one transaction."),
    (
        "UPDATE payments_stripeevent",
        "The event's mark, and the lock against the same event delivered at once.",
    ),
    ("SELECT payments_payment bookings_booking bookings_event", "Lock the payment, then the booking."),
    ("SELECT bookings_bookedseat bookings_seat", "Lock the seats, and count how many there should be."),
    ("UPDATE bookings_booking", "The booking is confirmed."),
    ("INSERT bookings_ticket", "All tickets, with their pictures."),
    ("SELECT procrastinate_defer_jobs_v1", "The mail's job, which commits with the tickets."),
    ("WITH payments_transition payments_payment", "The payment has succeeded, and the log says so."),
    ("COMMIT", ""),
    ("SELECT pg_notify", "Wake the pages that wait, after the commit: one for all topics."),
]
TABLES = re.compile(r'(?:FROM|JOIN|INTO|UPDATE)\s+"?([a-z]+_\w+)|(procrastinate_defer_jobs_v1|pg_notify)\(')


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


@pytest.fixture
def purchase(buy: Buy) -> Purchase:
    return buy()


def shape(sql: str) -> str:
    """Return a statement's first word, and its tables and functions."""
    tables = [table or function for table, function in TABLES.findall(sql)]
    return " ".join(dict.fromkeys([sql.split()[0], *tables]))


def statements(queries: CaptureQueriesContext) -> list[str]:
    return [shape(query["sql"]) for query in queries.captured_queries]


def test_a_confirmation_takes_ten_statements_in_two_transactions(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    with CaptureQueriesContext(connection) as queries:
        deliver("completed", purchase)

    assert statements(queries) == [statement for statement, _why in CONFIRMATION]
    assert purchase.tickets == ["A-1", "A-2"]


def test_an_event_delivered_again_takes_three_statements(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    with CaptureQueriesContext(connection) as queries:
        assert deliver("completed", purchase).json()["outcome"] == "duplicate"

    assert statements(queries) == [*(statement for statement, _why in CONFIRMATION[:4]), "COMMIT"]
    assert purchase.payment.stripe_events.get().deliveries == 2


@pytest.mark.parametrize("taken", ["payment", "booking"])
def test_the_payment_is_locked_before_its_booking(purchase: Purchase, taken: str) -> None:
    """One statement locks both rows. While it waits for one of them, the other shows their order."""
    payment, is_taken = purchase.payment, Signal()
    rows: dict[str, QuerySet[Any]] = {
        "payment": Payment.objects.filter(pk=payment.pk),
        "booking": Booking.objects.filter(pk=payment.booking_id),
    }
    (other,) = [rows[name] for name in rows if name != taken]

    @transaction.atomic
    def take_one(number: int) -> bool:
        rows[taken].select_for_update().get()
        is_taken.set()
        wait_until_somebody_waits()
        return is_free(other)

    @transaction.atomic
    def lock_both(number: int) -> bool:
        is_taken.wait(PATIENCE)
        return Payment.objects.filter(pk=payment.pk).lock() == payment

    is_other_free, is_locked = at_once(lambda number: (take_one, lock_both)[number](number), 2)

    assert is_locked
    assert is_other_free == (taken == "payment")


def wait_until_somebody_waits() -> None:
    waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
    """
    end = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(waiting)
            if cursor.fetchone() != (0,):
                return
    raise TimeoutError("Nobody waits for the lock.")


def is_free(row: QuerySet[Any]) -> bool:
    try:
        with transaction.atomic():
            return bool(row.select_for_update(nowait=True).get())
    except OperationalError:
        return False
