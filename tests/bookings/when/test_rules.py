"""What the database holds of an event's times, and what a shop is warned of."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, transaction

from bookings.models import Event


def test_a_sale_ends_with_its_event_at_the_latest(event: Event) -> None:
    for change in ({"sales_until": event.ends_at + timedelta(seconds=1)}, {"ends_at": event.starts_at}):
        with pytest.raises(IntegrityError, match="event_"), transaction.atomic():
            Event.objects.update(**change)
    assert Event.objects.update(sales_until=event.ends_at) == 1


def test_an_event_that_is_moved_takes_its_sale_along_or_isnt_moved(event: Event) -> None:
    Event.objects.update(sales_until=event.ends_at)

    with pytest.raises(IntegrityError, match="event_sale_ends_with_it"), transaction.atomic():
        Event.objects.update(starts_at=event.starts_at - timedelta(days=1), ends_at=event.starts_at)


def test_a_zone_is_a_name(event: Event) -> None:
    with pytest.raises(IntegrityError, match="event_time_zone_is_a_name"), transaction.atomic():
        Event.objects.update(time_zone="<b>")


def test_a_shop_without_a_zone_is_warned_before_it_opens(settings: Any) -> None:
    settings.IS_TIME_ZONE_SET = False
    found = run_checks(tags=["admit"], include_deployment_checks=True)
    assert [each.id for each in found] == ["admit.W001"]

    settings.IS_TIME_ZONE_SET = True
    assert run_checks(tags=["admit"], include_deployment_checks=True) == []
