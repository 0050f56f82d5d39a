import pytest

from bookings.models import Event
from tests.support.at_the_door.phones import open_doors


@pytest.fixture
def doors_open(event: Event) -> Event:
    """The event of the tests, whose doors have opened half an hour ago."""
    return open_doors(event)
