"""What the alerts ask is written once, and is what Django would write at any time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.models import Payment
from payments.staff.alerts import ALERTS, Alert, alerts_of, survey
from payments.staff.alerts.statements import WRITTEN_AT, Statement
from tests.support.shop import Purchase

LIVE = "sk_live_admit"


@pytest.mark.parametrize("key", ["sk_test_admit", LIVE])
@pytest.mark.parametrize("now", [datetime(2026, 2, 28, 23, 59, 59, 1, UTC), datetime(1999, 1, 1, tzinfo=UTC)])
def test_a_statement_written_once_is_what_it_would_be_now(now: datetime, key: str, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = key

    once = {alert.name: Statement(alert.rows).at(now) for alert in ALERTS}

    assert once == {alert.name: afresh(alert, now) for alert in ALERTS}


def afresh(alert: Alert, now: datetime) -> tuple[str, list[Any]]:
    return Statement(lambda _then: alert.rows(now)).at(WRITTEN_AT)


def test_time_passes_between_two_questions(purchase: Purchase) -> None:
    assert alerts_of(purchase.payment) == []

    Payment.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert [alert.name for alert in alerts_of(purchase.payment)] == ["undecided"]
    assert [found.alert.name for found in survey() if found.count] == ["undecided"]


def test_the_key_is_changed_between_two_questions(paid: Purchase, settings: Any) -> None:
    before = [alert.name for alert in alerts_of(paid.payment)]
    settings.STRIPE_SECRET_KEY = LIVE

    assert "bought_in_test" not in before
    assert "bought_in_test" in [alert.name for alert in alerts_of(paid.payment)]
    assert "bought_in_test" in [found.alert.name for found in survey() if found.count]
