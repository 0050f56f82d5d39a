"""What customers may call themselves when they book, or give a ticket to somebody."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from bookings.models import Booking, Event
from bookings.validators import clean_name
from tests.support.shop import Buy

UNREADABLE = "Please write the name in one line, in characters that can be read."
NOT_NAMES = pytest.mark.parametrize(
    "name",
    [
        "Ada\nPlease pay again at http://example.com",
        "Ada\rLovelace",
        "Ada\x0bLovelace",
        "Ada\x85Lovelace",
        "Ada\u2028Lovelace",
        "Ada \x1b[2J",
        "Ada \u202eecalevoL",
        "\u200b\u2060",
    ],
    ids=ascii,
)


def post(client: Client, event: Event, **changes: str) -> Any:
    """Send the form of the event's page."""
    wish = {"attempt": "a", "seats": "A-1", "name": "Ada Lovelace", "email": "ada@example.com", **changes}
    return client.post(f"/events/{event.slug}/checkout/", wish)


def send(client: Client, event: Event, **changes: str) -> Any:
    wish = {"event": event.slug, "seats": ["A-1"], "name": "Ada Lovelace", "email": "ada@example.com"}
    return client.post("/api/checkout", {**wish, **changes}, content_type="application/json")


@NOT_NAMES
def test_what_cannot_be_read_at_the_door_is_no_name(client: Client, event: Event, name: str) -> None:
    page, answer = post(client, event, name=name), send(client, event, name=name)

    assert (page.status_code, answer.status_code) == (400, 400)
    assert page.context["form"].errors == {"name": [UNREADABLE]}
    assert answer.json()["error"]["fields"] == {"name": [UNREADABLE]}
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada Lovelace\n", "Ada Lovelace"),
        ("Ada\t\xa0 Lovelace", "Ada Lovelace"),
        ("O’Brien-Żółć, Jr.", "O’Brien-Żółć, Jr."),
        ("می‌خواهم", "می‌خواهم"),  # with a joiner between its letters
        ("Zoë 👩\u200d🚀", "Zoë 👩\u200d🚀"),
    ],
)
def test_a_name_is_kept_as_people_write_it(buy: Buy, typed: str, kept: str) -> None:
    assert buy(name=typed).booking.name == kept


@pytest.mark.parametrize(
    "name",
    [
        *(
            "O'Neill",
            "Jürgen 2nd",
            "J.R.R. Tolkien",
            "Anna-Lena & Ben",
            "1. FC Köln 1948",
            "Class 4b, 23 pupils",
        ),
        *(
            "Nguyễn Thị Ánh",
            "山田太郎",
            "María-José de la Cruz y Ortiz",
            "Smith, John Jr.",
            "Χρήστος",
            "c/o Bell",
        ),
    ],
)
def test_honest_names_stay_as_they_are(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("https://evil.example", "www.evil", "Pay at //evil", "ada@example.com", "Call +49 30 1234567"),
        *("1 800 555 1234", "0-1-2-3-4-5-6", "\\\\evil", "a." * 99 + "ab"),
    ],
)
def test_a_name_says_neither_where_to_go_nor_whom_to_call(name: str) -> None:
    with pytest.raises(ValidationError, match="only a name"):
        clean_name(name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(
            ("evil.com", "evil. com"),
            ("t.co/x", "t. co/x"),
            ("evil。com", "evil。 com"),
            ("a.b.example", "a.b. example"),
        ),
        *(("Dr.Bell", "Dr. Bell"), ("St.John", "St. John")),
    ],
)
def test_no_name_becomes_a_link_in_a_mail(typed: str, name: str) -> None:
    assert clean_name(typed) == name
