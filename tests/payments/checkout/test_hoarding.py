"""Nobody keeps a house from the others: limits on open holds, and what an honest family reads of them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event, Seat
from bookings.seats.layout import add_rows
from customers.models import MailedCode, RequestCount
from customers.tasks import forget_counts
from payments.checkout import limits
from payments.models import Payment
from tests.support.accounts import enter, mailed_code, sign_in
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver
from tests.support.threads import at_once

WISH = {"event": "demo-night", "name": "Ada", "email": "ada@example.com", "quantity": 1}


@pytest.fixture(autouse=True)
def house(event: Event, stripe: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's own limits, and what is held counted each time."""
    settings.HOLDS_PER_CUSTOMER, settings.HOLD_PLACES_PER_CUSTOMER = 2, 20
    settings.HOLDS_PER_NETWORK, settings.HOLD_PLACES_PER_NETWORK = 4, 40
    monkeypatch.setattr(limits, "RELIED_ON", 0)


@pytest.fixture
def large(event: Event) -> Event:
    """A house of 1,000 places."""
    add_rows(event, rows=[f"R{row}" for row in range(49)], numbers=range(1, 21), price=2000)
    return event


def ask(client: Client, network: str = "203.0.113.1", **changes: Any) -> Any:
    """Ask for places over ``network``."""
    return client.post(
        "/api/checkout",
        {**WISH, **changes},
        content_type="application/json",
        headers={"X-Forwarded-For": network},
    )


def post(client: Client, network: str = "203.0.113.1", **changes: Any) -> Any:
    """Send the form of the event's page."""
    form = {**WISH, "attempt": "one", **changes}
    return client.post("/events/demo-night/checkout/", form, headers={"X-Forwarded-For": network})


def refusal(response: Any) -> tuple[int, str, str, int, int]:
    told = response.json()["error"]
    return response.status_code, told["scope"], told["unit"], told["open"], told["limit"]


def held() -> int:
    return Seat.objects.filter(booking__status=BookingStatus.HELD).count()


# The attack


def addresses(kind: str) -> Iterator[str]:
    """Yield the addresses that one attacker has: one of IPv4, or a /64 of IPv6."""
    for number in range(1, 1001):
        yield "203.0.113.9" if kind == "IPv4" else f"2001:db8:0:7::{number:x}"


def test_more_at_once_than_may_be_held_is_refused(event: Event, client: Client, settings: Any) -> None:
    settings.HOLD_PLACES_PER_CUSTOMER = 3

    refused = ask(client, quantity=4)

    assert refused.status_code == 429
    assert refused.json()["error"]["limit"] == 3


@pytest.mark.parametrize("kind", ["IPv4", "IPv6"])
def test_one_visitor_with_ever_new_cookies_and_addresses_holds_forty_of_a_thousand_places(
    large: Event, kind: str
) -> None:
    answers = [
        ask(Client(), network, email=f"{number}@example.com", quantity=20).status_code
        for number, network in zip(range(50), addresses(kind), strict=False)
    ]

    assert answers == [201, 201] + [429] * 48
    assert held() == 40


def test_a_visitor_with_a_hundred_networks_is_asked_for_codes(large: Event) -> None:
    answers = [
        ask(Client(), f"198.51.100.{number}", email=f"{number}@example.com", quantity=20)
        for number in range(100)
    ]

    # From 300 of 1,000 places on, the next ones are asked.
    assert [answer.status_code for answer in answers] == [201] * 16 + [409] * 84
    assert answers[-1].json()["error"]["code"] == "email_unconfirmed"
    assert held() == 320


@pytest.mark.django_db(transaction=True)
def test_fifty_at_the_same_moment_are_counted_one_by_one(large: Event) -> None:
    answers = at_once(lambda number: ask(Client(), email=f"{number}@example.com").status_code, 50)

    assert sorted(answers) == [201] * 4 + [429] * 46
    assert held() == 4


# Who is who


def test_a_browser_has_two_checkouts_whatever_it_types_and_wherever_it_is(client: Client) -> None:
    answers = [ask(client, f"198.51.100.{n}", email=f"{n}@example.com") for n in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert refusal(answers[-1]) == (429, "customer", "checkouts", 2, 2)


def test_it_has_twenty_places(client: Client, large: Event) -> None:
    assert ask(client, quantity=15).status_code == 201

    assert refusal(ask(client, quantity=6)) == (429, "customer", "places", 15, 20)
    assert ask(client, quantity=5).status_code == 201


def test_a_network_has_four_checkouts(large: Event) -> None:
    answers = [ask(Client(), email=f"{n}@example.com") for n in range(5)]

    assert refusal(answers[-1]) == (429, "network", "checkouts", 4, 4)
    assert ask(Client(), "203.0.113.2", email="5@example.com").status_code == 201


def test_what_is_paid_or_cancelled_makes_room(client: Client, stripe: Sandbox, deliver: Deliver) -> None:
    first, second = ask(client).json(), ask(client).json()
    assert ask(client).status_code == 429

    stripe.pay(first["session_id"])
    deliver(stripe.event("completed", first["session_id"]))
    assert ask(client).status_code == 201
    client.get(f"/payments/cancelled/?session_id={second['session_id']}")

    assert ask(client).status_code == 201


def test_what_a_bank_works_on_is_not_its_customers_any_more_but_its_networks(
    client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    first, second = ask(client).json(), ask(client).json()
    for opened in (first, second):
        stripe.pay(opened["session_id"], method="us_bank_account", outcome="processing")
        deliver(stripe.event("completed", opened["session_id"]))

    assert [ask(client).status_code for _ in range(2)] == [201, 201]
    assert refusal(ask(Client(), email="bob@example.com")) == (429, "network", "checkouts", 4, 4)


def test_a_voucher_that_is_not_paid_is_its_customers(
    client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    opened = ask(client).json()
    stripe.pay(opened["session_id"], method="us_bank_account", outcome="processing")
    deliver(stripe.event("completed", opened["session_id"]))
    Payment.objects.update(instructions_url="https://voucher.example")

    assert [ask(client).status_code for _ in range(2)] == [201, 429]


def test_the_same_request_again_is_not_another_hold(client: Client, settings: Any) -> None:
    settings.HOLDS_PER_CUSTOMER = 1

    first, again = post(client), post(client)

    assert (first.status_code, again.url) == (302, first.url)


def test_paying_again_counts_like_any_other(client: Client, stripe: Sandbox, deliver: Deliver) -> None:
    over = ask(client).json()
    stripe.expire(over["session_id"])
    deliver(stripe.event("expired", over["session_id"]))
    ask(client), ask(client)

    answer = client.post(f"/bookings/{over['booking']}/pay/", headers={"X-Forwarded-For": "203.0.113.1"})

    assert answer.status_code == 429
    assert len(answer.context["form"].unpaid) == 2


def test_what_tells_browsers_and_networks_apart_goes_with_the_decision(
    client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    first, second = ask(client).json(), ask(client).json()
    kept = Booking.objects.exclude(browser="").exclude(network="")
    assert {len(booking.network) for booking in kept} == {32}
    assert "203.0.113" not in str(list(Booking.objects.values()))

    stripe.pay(first["session_id"])
    deliver(stripe.event("completed", first["session_id"]))
    client.get(f"/payments/cancelled/?session_id={second['session_id']}")

    assert not kept.all().exists()


def test_the_cookie_is_for_the_server_alone_and_for_a_day(client: Client, settings: Any) -> None:
    settings.HTTPS = True

    cookie = ask(client).cookies["__Host-browser"]

    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", 86400)


# What an honest family reads


def test_the_page_says_what_to_do_with_links_to_what_is_open(client: Client) -> None:
    first, second = ask(client).json(), ask(client).json()

    answer = post(client)
    page = answer.content.decode()

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 1800
    assert "You have 2 unpaid bookings. That’s the limit" in page
    # Shortly before midnight it says the day, too.
    assert re.search(r"or cancel them, or come back at [^.]*\d\d:\d\d UTC\.", page)
    for opened in (first, second):
        assert f'<a href="/bookings/{opened["booking"]}/">Pay or cancel: Demo Night' in page


def test_another_browser_gets_no_links(client: Client) -> None:
    for number in range(4):
        ask(Client(), email=f"{number}@example.com")

    answer = post(client)

    assert "Use another connection, such as your phone’s, or come back" in answer.content.decode()
    assert not answer.context["form"].unpaid


def test_the_api_says_when_there_is_room_at_the_latest(client: Client) -> None:
    first = Booking.objects.get(reference=ask(client).json()["booking"])
    ask(client)

    told = ask(client)
    wait = told.json()["error"]["retry_after"]

    assert int(told["Retry-After"]) == wait
    assert 0 <= wait - (first.held_until - timezone.now()).total_seconds() < 5


# Confirming an address


@pytest.fixture
def crowded(large: Event) -> Event:
    """31 % of the house is held, by many."""
    until = timezone.now() + timedelta(minutes=30)
    for number in range(16):
        booking = large.bookings.create(name="N", email=f"{number}@crowd.example", held_until=until)
        free = large.seats.free().order_by("-pk").values_list("pk", flat=True)[:20]
        Seat.objects.filter(pk__in=list(free)).update(booking=booking)
    return large


def test_a_guest_confirms_the_address_once_and_goes_on_where_they_were(
    crowded: Event, client: Client
) -> None:
    asked = post(client, quantity="", seats=["A-1", "A-2"])
    assert asked.url == "/account/code/"
    assert "It stops others from booking in your name" in client.get(asked.url).content.decode()

    entered = enter(client, mailed_code("ada@example.com"))
    back = client.get(entered.url)
    bought = post(client, quantity="", seats=["A-1", "A-2"], attempt=back.context["form"]["attempt"].value())

    assert back.context["chosen"] == ["A-1", "A-2"]
    assert back.context["form"]["email"].value() == "ada@example.com"
    assert "Not booked yet" not in back.content.decode()
    assert bought.status_code == 302
    assert "/c/pay/" in bought.url
    assert post(client, attempt="two").status_code == 302
    assert MailedCode.objects.count() == 1


def test_it_is_for_that_address_in_that_browser(crowded: Event, client: Client) -> None:
    post(client)
    enter(client, mailed_code("ada@example.com"))

    assert ask(client, email="Ada@example.com").status_code == 201
    assert ask(client, email="bob@example.com").status_code == 409
    assert ask(Client()).status_code == 409


def test_nobody_can_make_such_a_cookie_themselves(crowded: Event, client: Client) -> None:
    client.cookies["confirmed"] = "WyJhIl0:1abcde:xyz"

    assert ask(client).status_code == 409


def test_who_is_signed_in_has_confirmed_their_own_address(crowded: Event, client: Client) -> None:
    sign_in(client, "ada@example.com")

    assert ask(client).status_code == 201
    assert ask(client, email="bob@example.com").status_code == 409


def test_an_api_client_is_told_where(crowded: Event, client: Client) -> None:
    where = ask(client).json()["error"]["confirm_url"]
    assert client.get(where).status_code == 200
    client.post(where, {"email": "ada@example.com", "next": "/events/demo-night/"})

    assert enter(client, mailed_code("ada@example.com")).url == "/events/demo-night/"
    assert ask(client).status_code == 201


def test_few_places_are_no_share_however_few_are_left(event: Event) -> None:
    for number in range(4):
        assert (
            ask(Client(), f"198.51.100.{number}", email=f"{number}@x.example", quantity=4).status_code == 201
        )

    assert held() == 16
    assert ask(Client(), email="4@x.example").status_code == 201


def test_strangers_who_type_an_address_do_not_keep_its_owner_from_booking(client: Client) -> None:
    for number in range(2):
        assert ask(Client(), f"198.51.100.{number}").status_code == 201
    assert ask(Client(), "198.51.100.9").json()["error"]["code"] == "email_unconfirmed"

    post(client)
    enter(client, mailed_code("ada@example.com"))

    assert [ask(client).status_code for _ in range(3)] == [201, 201, 429]


# Requests


def test_requests_are_counted_for_a_network_whichever_process_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("payments.web.throttles.CheckoutThrottle.rate", "2/min", raising=False)
    answers = [ask(Client(), f"2001:db8:0:7::{n}", event="").status_code for n in range(3)]
    other = ask(Client(), "2001:db8:0:8::1", event="")

    assert (answers, other.status_code) == ([400, 400, 429], 400)
    assert not RequestCount.objects.filter(key__contains="2001").exists()


@pytest.mark.django_db(transaction=True)
def test_those_of_one_moment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.web.throttles.CheckoutThrottle.rate", "5/min", raising=False)

    answers = at_once(lambda _number: ask(Client(), event="").status_code, 20)

    assert sorted(answers) == [400] * 5 + [429] * 15


def test_when_the_window_is_over_the_count_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.web.throttles.CheckoutThrottle.rate", "1/min", raising=False)
    first, second = ask(Client(), event=""), ask(Client(), event="")
    RequestCount.objects.update(began_at=timezone.now() - timedelta(seconds=61))

    assert (first.status_code, second.status_code, ask(Client(), event="").status_code) == (400, 429, 400)
    assert 1 <= int(second["Retry-After"]) <= 60


def test_old_counts_are_forgotten() -> None:
    ask(Client(), event="")
    forget_counts(timestamp=0)
    assert RequestCount.objects.count() == 1

    RequestCount.objects.update(began_at=timezone.now() - timedelta(hours=2))
    forget_counts(timestamp=0)

    assert not RequestCount.objects.exists()
