from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Event, WaitingEntry, WaitingStatus
from tests.bookings.waiting_list.returning import Wait


@pytest.fixture
def full(event: Event) -> Event:
    """The event with all its seats taken: held by nobody's booking, which never ends."""
    booking = event.bookings.create(
        name="Everybody else",
        email="others@example.com",
        held_until=event.starts_at,
        status="confirmed",
        confirmed_at=timezone.now(),
        ticket_reference="AAAA-AAAA",
    )
    event.seats.update(booking=booking)
    return event


@pytest.fixture
def wait(full: Event) -> Wait:
    """Return a function that puts somebody on the waiting list, who has confirmed their address."""

    def wait(name: str, quantity: int = 1, **fields: Any) -> WaitingEntry:
        return WaitingEntry.objects.create(
            **{
                "event": full,
                "name": name.title(),
                "email": f"{name}@example.com",
                "language": "en-gb",
                "quantity": quantity,
                "status": WaitingStatus.WAITING,
                "waiting_since": timezone.now(),
                **fields,
            }
        )

    return wait
