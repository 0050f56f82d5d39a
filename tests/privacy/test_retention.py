"""Names go by themselves after the months and years that the settings say; the money stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from bookings.models import Booking, Event
from config.settings import number
from payments.fsck import inspect
from payments.models import Payment
from privacy.models import ClearedEvent
from privacy.retention import let_go, months_before
from receipts.models import Receipt
from tests.privacy.test_erasing import EMAIL, KEPT, known, places_of
from tests.support.shop import Purchase

__all__ = ["known"]


@pytest.fixture(autouse=True)
def _two_years(settings: Any) -> None:
    settings.RETENTION_MONTHS, settings.RECEIPT_YEARS = 24, 8


def later(**time: int) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=False)


def test_nothing_goes_before_its_time_or_without_a_setting(known: Purchase, settings: Any) -> None:
    with later(days=700):
        assert let_go() == 0
    settings.RETENTION_MONTHS = 0
    with later(days=4000):
        let_go()

    assert places_of(EMAIL)


def test_after_its_time_bookings_lose_their_names_and_then_the_account_goes(known: Purchase) -> None:
    before = inspect()
    with later(days=740):
        assert let_go() == 1
        assert let_go() == 0

    assert places_of("Lovelace") == KEPT
    assert not User.objects.filter(email=EMAIL).exists()
    assert Booking.objects.get().erased_at is not None
    assert ClearedEvent.objects.count() == 1
    assert inspect() == before


def test_an_event_with_money_under_way_stays_due(known: Purchase) -> None:
    Payment.objects.update(status="processing", processed_at=None)

    with later(days=740):
        assert let_go() == 0

    assert not ClearedEvent.objects.exists()
    assert Booking.objects.get().email == EMAIL


def test_many_bookings_go_in_batches(known: Purchase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.retention.BATCH", 2)
    event, now = Event.objects.get(), timezone.now()
    Booking.objects.bulk_create(
        Booking(
            event=event,
            name=f"Guest {number}",
            email=f"{number}@example.com",
            status="released",
            released_at=now,
            held_until=now + timedelta(days=1),
        )
        for number in range(5)
    )

    with later(days=740):
        assert let_go() == 6

    assert not Booking.objects.exclude(email="").exists()


def test_receipts_lose_the_buyers_name_at_the_end_of_a_year(known: Purchase) -> None:
    year = timezone.now().year
    with time_machine.travel(datetime(year + 8, 12, 31, 12, tzinfo=UTC), tick=False):
        let_go()
        assert Receipt.objects.exclude(buyer="").exists()
    with time_machine.travel(datetime(year + 9, 1, 2, tzinfo=UTC), tick=False):
        let_go()

    assert not Receipt.objects.exclude(buyer="").exists()


@pytest.mark.parametrize(
    ("at", "months", "before"),
    [("2027-03-31", 1, "2027-02-28"), ("2027-01-15", 1, "2026-12-15"), ("2027-01-15", 24, "2025-01-15")],
)
def test_months_before(at: str, months: int, before: str) -> None:
    assert months_before(datetime.fromisoformat(at), months) == datetime.fromisoformat(before)


def test_the_setting_is_a_number_of_months(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_MONTHS", "36")

    assert number("RETENTION_MONTHS", 0, least=0, most=600) == 36
