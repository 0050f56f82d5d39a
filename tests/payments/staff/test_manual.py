"""The manual of the box office knows every alert and every button."""

import re

import pytest

from payments.models import Action
from payments.staff.alerts import ALERTS
from tests.support.paths import DOCS

MANUAL = (DOCS / "staff.md").read_text()
FIRST_CELLS = re.findall(r"^\| ([^|]+) \|", MANUAL, re.MULTILINE)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_is_explained(alert: object) -> None:
    assert str(alert.title) in FIRST_CELLS  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", Action)
def test_every_button_is_explained(action: Action) -> None:
    label = "Replay" if action == Action.REPLAY else str(action.label)

    assert label in FIRST_CELLS


def test_every_picture_is_there_and_none_is_left_over() -> None:
    named = set(re.findall(r"\(pictures/staff/([\w-]+\.png)\)", MANUAL))

    assert named == {picture.name for picture in (DOCS / "pictures" / "staff").iterdir()}
