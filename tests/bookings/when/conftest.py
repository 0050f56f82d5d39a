from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _shop_in_berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
