"""Addresses: one form for storing, comparing and sending, and a reason for each that can't receive."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from bookings.addresses.normal_form import beginning, normalize_address, readable
from bookings.models import Booking, Event
from tests.support.accounts import ask_for_code, enter, is_signed_in, mailed_code, problem
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver
from tests.support.worker import work

STRASSE, STRASSE_ENCODED = "ada@faß.de", "ada@xn--fa-hia.de"
NO_ADDRESS = "Enter a valid email address."
LONG = "An email address has at most 254 characters."
NOT_ADDRESSES = pytest.mark.parametrize(
    ("email", "reason"),
    [
        ('"ada\x0bBcc: bob@example.com"@example.com', NO_ADDRESS),
        ('"\x01"@example.com', NO_ADDRESS),
        ("ada@ex\u2028ample.com", NO_ADDRESS),
        ("ada@example.com\nBcc: bob@example.com", NO_ADDRESS),
        ("ada@[127.0.0.1]", NO_ADDRESS),
        ("ada@ex ample.com", NO_ADDRESS),
        ("ada@-example.com", NO_ADDRESS),
        ("ada@example..com", NO_ADDRESS),
        ("ada@example.com.", NO_ADDRESS),
        ("ada", NO_ADDRESS),
        ("@example.com", NO_ADDRESS),
        (f"ada@{'ü' * 60}.com", f"There can be no domain “{'ü' * 60}”. Please check what comes after the @."),
        ("ada@xn--zz.com", "There can be no domain “xn--zz.com”. Please check what comes after the @."),
        ("ada@i❤.ws", "There can be no domain “i❤.ws”. Please check what comes after the @."),
        (
            "müller@example.com",
            "Mail doesn’t reach addresses with “ü” before the @. Please give another one.",
        ),
        (
            "\u017f@example.com",
            "Mail doesn’t reach addresses with “\u017f” before the @. Please give another one.",
        ),
        (f"{'a' * 65}@example.com", "At most 64 characters can come before the @."),
    ],
    ids=ascii,
)


def post(client: Client, event: Event, email: str) -> Any:
    """Send the form of the event's page."""
    wish = {"attempt": email, "seats": "A-1", "name": "Ada Lovelace", "email": email}
    return client.post(f"/events/{event.slug}/checkout/", wish)


def send(client: Client, event: Event, email: str) -> Any:
    wish = {"event": event.slug, "seats": ["A-1"], "name": "Ada Lovelace", "email": email}
    return client.post("/api/checkout", wish, content_type="application/json")


@NOT_ADDRESSES
def test_what_no_mail_can_be_sent_to_is_refused_with_the_reason(
    client: Client, event: Event, email: str, reason: str
) -> None:
    page, answer, code = post(client, event, email), send(client, event, email), ask_for_code(client, email)

    assert (page.status_code, answer.status_code, code.status_code) == (400, 400, 400)
    said = page.context["form"].errors["email"][0]
    assert said.startswith(reason[:30])
    assert answer.json()["error"]["fields"] == {"email": [said]}
    assert problem(code) == said
    assert not Booking.objects.exists()
    assert mail.outbox == []


def test_too_long_an_address_is_refused(client: Client, event: Event) -> None:
    email = f"ada@{'.'.join(['x' * 60] * 4)}.{'y' * 20}.com"
    assert send(client, event, email).status_code == 400


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada@Example.COM", "Ada@example.com"),
        (STRASSE, STRASSE_ENCODED),
        ("ada@FAẞ.de", STRASSE_ENCODED),  # the capital ß
        ("ada@XN--FA-HIA.de", STRASSE_ENCODED),
        ("ada@fass.de", "ada@fass.de"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),  # decomposed
        ("ada@例え。テスト.com", "ada@xn--r8jz45g.xn--zckzah.com"),  # with an ideographic full stop
        ("ada\uff20example\uff0ecom", "ada@example.com"),
        ("\u2068ada@example.com\u2069\u200b ", "ada@example.com"),  # as copied from a list of contacts
        ("ada@ab--cd.com", "ada@ab--cd.com"),
        ("ada+tickets@example.com", "ada+tickets@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
    ids=ascii,
)
def test_every_way_to_write_an_address_has_one_form(typed: str, stored: str, settings: Any) -> None:
    assert normalize_address(typed) == stored
    assert normalize_address(stored) == stored


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("ada@localhost", "Please write the whole domain after the @, such as example.com."),
        ("ada@mail", "Please write the whole domain after the @, such as example.com."),
        (
            "ada@house.invalid",
            "Mail can’t be delivered to addresses that end in “.invalid”. Please check it.",
        ),
        ("ada@bücher.test", "Mail can’t be delivered to addresses that end in “.test”. Please check it."),
    ],
)
def test_where_mail_leaves_only_domains_of_the_internet_are_taken(
    email: str, reason: str, settings: Any, client: Client, event: Event
) -> None:
    settings.RESERVED_DOMAINS_ALLOWED = False

    assert send(client, event, email).json()["error"]["fields"] == {"email": [reason]}


def test_tickets_go_to_the_domain_that_was_typed(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy(email=STRASSE)
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    work("mail_tickets")

    assert purchase.booking.email == STRASSE_ENCODED
    assert stripe.session(purchase.session_id)["customer_email"] == STRASSE_ENCODED
    message = mail.outbox[-1].message()
    assert (mail.outbox[-1].to, message["To"]) == ([STRASSE_ENCODED], STRASSE_ENCODED)


def test_the_owner_of_another_domain_gets_nothing(client: Client, buy: Buy) -> None:
    booking = buy(email=STRASSE).booking
    ask_for_code(client, "ada@fass.de")
    enter(client, mailed_code("ada@fass.de"))

    assert is_signed_in(client)
    booking.refresh_from_db()
    assert booking.customer is None


@pytest.mark.parametrize("typed", [STRASSE, "ADA@faß.de", STRASSE_ENCODED, "ada@FAẞ.DE"])
def test_however_it_is_written_it_opens_one_account(client: Client, buy: Buy, typed: str) -> None:
    booking = buy(email=STRASSE).booking
    ask_for_code(client, typed)
    assert mail.outbox[-1].to == [STRASSE_ENCODED]
    assert "ada@faß.de" in client.get("/account/code/").content.decode()
    enter(client, mailed_code(STRASSE_ENCODED))

    booking.refresh_from_db()
    assert booking.customer == User.objects.get(email=STRASSE_ENCODED)


def test_people_read_the_address_in_its_own_script(buy: Buy, client: Client) -> None:
    purchase = buy(email=STRASSE)

    assert readable(STRASSE_ENCODED) == STRASSE
    assert STRASSE in client.get(purchase.booking.get_absolute_url()).content.decode()
    status = client.get(f"/api/payment-status?session_id={purchase.session_id}").json()
    assert status["booking"]["customer_email"] == "a…@faß.de"


@pytest.mark.parametrize(
    "typed", ["ada@", STRASSE, "ADA@fa", "ada@faß", "ada@faß.", "ada@faß.d", STRASSE_ENCODED]
)
def test_it_is_found_by_its_beginning(typed: str, buy: Buy) -> None:
    found = [buy("A-1", email=STRASSE).booking]
    buy("A-2", email="bob@fass.de")

    assert list(Booking.objects.addressed(typed)) == (found if typed != "ADA@fa" else [])
    assert beginning("Ada@Example") == "ada@example"
