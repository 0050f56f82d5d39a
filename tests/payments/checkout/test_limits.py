"""How many places one order and one customer may have."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from bookings.models import Booking, Event, Seat
from tests.support.accounts import sign_in
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.threads import at_once

WISH = {"event": "demo-night", "name": "Ada", "email": "ada@example.com", "quantity": 1}


def ask(client: Client, **changes: Any) -> Any:
    return client.post("/api/checkout", {**WISH, **changes}, content_type="application/json")


def refusal(response: Any) -> tuple[int, str, int, int | None]:
    told = response.json()["error"]
    return response.status_code, told["code"], told["limit"], told.get("left")


def limit(**limits: int) -> None:
    Event.objects.update(**limits)


def test_an_order_has_as_many_places_as_the_event_allows(event: Event, client: Client, buy: Buy) -> None:
    limit(most_per_order=2)

    assert refusal(ask(client, quantity=3)) == (409, "order_limit", 2, None)
    chosen = {**WISH, "seats": ["A-1", "A-2", "A-3"]}
    del chosen["quantity"]
    told = client.post("/api/checkout", chosen, content_type="application/json")
    assert refusal(told) == (409, "order_limit", 2, None)
    assert not Booking.objects.exists()
    buy("A-1", "A-2")


def test_what_is_held_and_what_is_paid_for_counts_together(
    event: Event, client: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    limit(most_per_customer=4)
    paid = buy("A-1", "A-2")
    stripe.pay(paid.session_id)
    deliver("completed", paid)
    buy("A-3")

    assert refusal(ask(client, quantity=2)) == (409, "customer_limit", 4, 1)
    assert ask(client, quantity=1).status_code == 201
    assert refusal(ask(client, quantity=1)) == (409, "customer_limit", 4, 0)


def test_an_address_is_the_same_however_it_is_written(event: Event, client: Client, buy: Buy) -> None:
    limit(most_per_customer=1)
    buy("A-1", email="Ada@Bücher.example")

    assert refusal(ask(client, email="ada@xn--bcher-kva.example")) == (409, "customer_limit", 1, 0)


def test_what_was_let_go_does_not_count(released: Purchase, client: Client) -> None:
    limit(most_per_customer=2)

    assert ask(client, quantity=2).status_code == 201


def test_an_account_is_one_customer_with_all_its_addresses(
    event: Event, client: Client, stripe: Sandbox
) -> None:
    limit(most_per_customer=1)
    sign_in(client, "ada@example.com")
    assert ask(client).status_code == 201

    assert refusal(ask(client, email="another@example.com")) == (409, "customer_limit", 1, 0)


def test_a_family_on_one_network_is_many_customers(event: Event, client: Client, buy: Buy) -> None:
    limit(most_per_customer=1)

    assert [ask(client, email=f"{name}@example.com").status_code for name in ("ada", "bob")] == [201, 201]


def test_another_event_has_a_limit_of_its_own(event: Event, client: Client, buy: Buy) -> None:
    limit(most_per_customer=1)
    buy("A-1")
    Event.objects.update(slug="first")
    Booking.objects.update(event=_another(event))

    assert ask(client, event="first").status_code == 201


def _another(event: Event) -> Event:
    event.pk, event.slug, event._state.adding = None, "another", True
    event.save()
    return event


def test_the_page_says_it_in_the_customers_language(event: Event, client: Client, buy: Buy) -> None:
    limit(most_per_customer=1)
    buy("A-1")
    form = {**WISH, "attempt": "one"}
    with translation.override("de"):
        page = client.post("/events/demo-night/checkout/", form, headers={"Accept-Language": "de"})

    assert page.status_code == 409
    assert "Für Sie noch: 0." in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_tabs_that_buy_at_once_do_not_exceed_it_together(event: Event, stripe: Sandbox) -> None:
    limit(most_per_customer=3)

    codes = at_once(lambda _tab: ask(Client(), quantity=1).status_code, 8)

    assert sorted(codes) == [201] * 3 + [409] * 5
    assert Seat.objects.exclude(booking=None).count() == 3
