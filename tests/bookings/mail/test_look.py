"""What all mails have in common: the shop's name, colours and logo, the event's picture, and one button."""

import re
from email.utils import parseaddr
from typing import Any

import pytest
from django.core import mail

from branding.models import Shop
from customers.emails import write_code
from tests.support.shop import Purchase
from tests.support.worker import work

BUTTON = re.compile(r'<td bgcolor="(#\w{6})"[^>]*><a href="([^"]+)" style="[^"]*color:(#\w{6})')


@pytest.fixture
def letter(paid: Purchase) -> Any:
    """The tickets' mail of a shop with a name and colours of its own."""
    Shop(name="Kleines Haus", brand_colour="#7a1f3d", action_colour="#0b5d5a").save()
    work("mail_tickets")
    return mail.outbox[-1]


def html_of(letter: Any) -> str:
    return str(letter.alternatives[0][0])


def test_it_has_the_shops_name_in_its_colours(letter: Any) -> None:
    band = re.search(r'<td bgcolor="(#\w+)" style="[^"]*color:(#\w+);[^"]*">([^<]+)</td>', html_of(letter))

    assert band
    assert band.groups() == ("#7a1f3d", "#ffffff", "Kleines Haus")


def test_its_button_opens_the_tickets(letter: Any, paid: Purchase) -> None:
    address = f"http://testserver{paid.booking.get_absolute_url()}tickets/"

    assert BUTTON.findall(html_of(letter)) == [("#0b5d5a", address, "#ffffff")]


def test_it_shows_the_events_picture_by_its_public_address(letter: Any) -> None:
    pictures = re.findall(r'<img src="(http[^"?]+)', html_of(letter))

    assert pictures == ["http://testserver/events/demo-night/picture.png"]


def test_the_software_is_named_in_small_letters_at_the_end_alone(letter: Any) -> None:
    assert html_of(letter).count("Admit") == str(letter.body).count("Admit") == 1
    assert "Tickets by Admit" in html_of(letter)
    assert str(letter.body).strip().endswith("-- \nKleines Haus\nhttp://testserver\nTickets by Admit")


@pytest.mark.parametrize(("setting", "shown"), [("Admit", "Kleines Haus"), ("The Stage", "The Stage")])
def test_a_mail_without_an_organiser_is_from_the_shop(
    db: None, settings: Any, setting: str, shown: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = f"{setting} <tickets@example.com>"
    Shop(name="Kleines Haus").save()

    letter = write_code("ada@example.com", "1234 5678", "sign_in")

    assert parseaddr(letter.from_email) == (shown, "tickets@example.com")
    assert letter.subject == "Your code for Kleines Haus"
