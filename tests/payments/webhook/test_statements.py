"""How the webhook confirms a payment in the database: each statement, and why it is needed."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Signal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from bookings.models import Booking, Event
from payments.models import Payment
from tests.support.patience import PATIENCE
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

# Each statement, whether it is in the transaction of the effects, and why it is needed.
CONFIRMATION = [
    ("SELECT payments_payment", False, "Whose is the event? Somebody else's isn't kept."),
    ("INSERT payments_stripeevent", False, "The evidence, or one more delivery of it; it commits by itself."),
    ("UPDATE payments_stripeevent", True, "The event's mark, and its lock: the same event at once waits."),
    ("SELECT payments_payment bookings_booking bookings_event", True, "Lock the payment, then the booking."),
    ("SELECT bookings_bookedseat bookings_seat", True, "Lock the seats; how many should there be?"),
    ("UPDATE bookings_booking", True, "The booking is confirmed."),
    ("INSERT bookings_ticket", True, "All tickets, with their pictures."),
    ("SELECT procrastinate_defer_jobs_v1", True, "The mail's job, which commits with the tickets."),
    ("WITH payments_transition payments_payment", True, "The payment has succeeded, and the log says so."),
    ("SELECT pg_notify", False, "Wake the pages that wait, after the commit: one for all topics."),
]
TABLES = re.compile(r'(?:FROM|JOIN|INTO|UPDATE)\s+"?([a-z]+_\w+)|(procrastinate_defer_jobs_v1|pg_notify)\(')
Statement = tuple[str, bool]


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


@contextmanager
def watching() -> Iterator[list[Statement]]:
    """Yield a list to which each statement of the block is added, with whether it is in a transaction."""
    seen: list[Statement] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append((shape(sql), connection.in_atomic_block))
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


def test_a_confirmation_takes_ten_statements(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchase.session_id)

    with watching() as seen:
        deliver("completed", purchase)

    assert seen == [(statement, is_effect) for statement, is_effect, _why in CONFIRMATION]
    assert len(seen) == 10
    assert purchase.tickets == ["A-1", "A-2"]


def test_an_event_delivered_again_takes_three(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    with watching() as seen:
        assert deliver("completed", purchase).json()["outcome"] == "duplicate"

    assert seen == [(statement, is_effect) for statement, is_effect, _why in CONFIRMATION[:3]]
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
