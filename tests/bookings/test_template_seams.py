"""The templates of bookings know nothing of payments: what payments adds comes through slots."""

import re
from pathlib import Path

import pytest
from django.template.backends.django import get_installed_libraries
from django.template.loader import get_template
from django.test import Client

from bookings.models import Event
from bookings.web import slots
from payments.web.slots import TEMPLATES as OF_THE_MONEY
from privacy.apps import TEMPLATES as OF_PRIVACY
from receipts.web.slots import TEMPLATES as OF_RECEIPTS
from tests.support.paths import ROOT
from tests.support.shop import Purchase

TEMPLATES = ROOT / "templates"
FILLINGS = {**OF_THE_MONEY, **OF_RECEIPTS, **OF_PRIVACY}
OWN = sorted(
    file
    for files in (
        "bookings/**/*.html",
        "admin/bookings/**/*.html",
        "mail/tickets.*",
        "mail/event/*.*",
        "account/email.html",
    )
    for file in TEMPLATES.glob(files)
)
TAG = re.compile(r"{%(?!\s*trans)(.*?)%}|{{(.*?)}}", re.DOTALL)
SLOT = re.compile(r'{% slot "([\w.]+)"[^%]*%}')
OF_PAYMENTS = {
    name for name, module in get_installed_libraries().items() if module.startswith("payments.")
} | {"payments"}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bookings without any other app in its slots."""
    monkeypatch.setattr(slots, "_templates", {})
    monkeypatch.setattr(slots, "_providers", {})


def words_in_tags(text: str) -> set[str]:
    """Return the words in a template's tags and variables, except in sentences to translate."""
    return {word for match in TAG.finditer(text) for word in re.findall(r"\w+", match[1] or match[2])}


@pytest.mark.parametrize("file", OWN, ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_a_template_of_bookings_loads_includes_and_links_nothing_of_payments(file: Path) -> None:
    assert words_in_tags(file.read_text()) & OF_PAYMENTS == set()


@pytest.mark.parametrize(
    "line",
    [
        "{% load i18n memberships %}",
        '{% include "payments/booking/_refunds.html" with booking=booking %}',
        "{% url 'payments:success' %}",
        "{% if perms.payments.view_payment %}",
    ],
)
def test_what_would_break_the_rule_is_noticed(line: str) -> None:
    assert words_in_tags(f"<p>{line}</p>") & OF_PAYMENTS


def test_every_slot_on_a_page_is_filled_and_every_filling_has_its_slot() -> None:
    named = {slot for file in OWN for slot in SLOT.findall(file.read_text())}

    assert named == set(FILLINGS)
    assert [name for name in FILLINGS.values() if not get_template(name)] == []


def test_the_pages_of_bookings_work_without_payments(
    alone: None, client: Client, event: Event, purchase: Purchase
) -> None:
    event_page = client.get(event.get_absolute_url()).content.decode()
    booking_page = client.get(purchase.booking.get_absolute_url()).content.decode()

    assert 'value="A-3"' in event_page
    assert "Waiting for payment" in booking_page
    assert "session_id" not in event_page + booking_page
