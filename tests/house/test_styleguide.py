import re
from typing import Any

import pytest
from django.test import Client

from payments.models import PaymentStatus
from styleguide.views import PARTS


@pytest.fixture
def page(db: None, client: Client, settings: Any) -> str:
    settings.DEBUG = True
    response = client.get("/styleguide/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_styleguide_is_for_development_only(db: None, client: Client) -> None:
    assert client.get("/styleguide/").status_code == 404


def test_it_shows_every_part_by_day_and_by_night(page: str) -> None:
    examples = sum(len(make()) for make in PARTS.values())

    assert page.count('class="guide-look in-light"') == page.count('class="guide-look in-dark"') == examples


def test_it_shows_every_status_of_a_payment_in_the_shops_own_words(page: str) -> None:
    shown = re.findall(r'class="payment single"[^>]*data-status="(\w+)"', page)

    assert set(shown) == set(PaymentStatus.values)
    assert "Paid. Your tickets are below." in page


def test_its_examples_do_not_share_names(page: str) -> None:
    names = re.findall(r'\sid="([^"]+)"', page)
    meant = {
        name for value in re.findall(r'(?:aria-labelledby|for)="([^"]+)"', page) for name in value.split()
    }

    assert len(names) == len(set(names))
    assert meant <= set(names)
