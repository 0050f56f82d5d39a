from collections.abc import Iterator
from typing import Any

import pytest

from bookings.tickets import tokens
from payments.doctor.door import examine_signing

OTHER = "b3RoZXItYWRtaXQtZGV2ZWxvcG1lbnQta2V5LTMyYnQ="


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    yield
    tokens.forget_keys()


def found(settings: Any, *keys: str) -> tuple[str, str]:
    settings.TICKET_SIGNING_KEYS = [*keys] or settings.TICKET_SIGNING_KEYS
    tokens.forget_keys()
    (finding,) = examine_signing()
    return str(finding.severity), finding.words


def test_the_first_key_signs_and_others_are_kept(settings: Any) -> None:
    own = settings.TICKET_SIGNING_KEYS[0]

    assert found(settings, own) == ("ok", "The first key of TICKET_SIGNING_KEY signs.")
    assert "and 1 more can be shown" in found(settings, OTHER, own)[1]


@pytest.mark.parametrize("key", ["", "c2hvcnQ="])
def test_a_key_that_cannot_sign_is_a_fault(key: str, settings: Any) -> None:
    assert found(settings, key, settings.TICKET_SIGNING_KEYS[0])[0] == "fault"
