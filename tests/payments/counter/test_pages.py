"""Who may open which page of the counter, and for which events."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from bookings.models import Booking, Event, EventScope
from bookings.money import format_money
from payments.models import CounterSale
from tests.payments.counter.desk import Desk, add_floor, add_types, page_of, page_of_sale
from tests.support.shop import make_event
from tests.support.staff import log_in, make_user


@pytest.fixture
def desk(event: Event) -> Desk:
    return Desk(event)


def pages(desk: Desk) -> dict[str, str]:
    till = desk.open_till()
    sale, booking = desk.sell("A-1"), desk.held("A-2")
    return {
        "home": "/box-office/",
        "choose": desk.page,
        "held": page_of(booking),
        "pay": f"{page_of(booking)}sell/",
        "sales": "/box-office/sales/",
        "sale": page_of_sale(sale),
        "roll": f"{page_of_sale(sale)}roll.pdf",
        "void": f"{page_of_sale(sale)}void/",
        "till": f"/box-office/tills/{till.pk}/",
    }


def test_the_box_office_opens_every_page_in_english(desk: Desk) -> None:
    found = {
        name: desk.client.get(address, headers={"Accept-Language": "de"})
        for name, address in pages(desk).items()
    }

    assert {name: answer.status_code for name, answer in found.items()} == {
        **dict.fromkeys(found, 200),
        "pay": 405,
    }
    assert found["held"].headers["Content-Language"] == "en-gb"
    assert "no-store" in found["held"].headers["Cache-Control"]


def test_strangers_are_led_to_the_login(desk: Desk) -> None:
    customer = log_in(User.objects.create_user("customer", password="x"))

    addresses = list(pages(desk).values())
    for somebody in (Client(), customer):
        for address in addresses:
            answers = [somebody.get(address), somebody.post(address, {"kind": "cash"})]
            assert all(it.headers["Location"].startswith("/admin/login/?next=/box-office/") for it in answers)
    assert CounterSale.objects.count() == 1


def test_the_door_has_no_page_and_finance_only_voids(desk: Desk) -> None:
    addresses = pages(desk)
    door, finance = (log_in(make_user(group)) for group in ("Door", "Finance"))

    assert {door.get(address).status_code for address in addresses.values()} == {403}
    assert {name for name, it in addresses.items() if finance.get(it).status_code == 403} == {
        *("choose", "held", "pay")
    }


@pytest.mark.parametrize(("missing", "status"), [("give_away", 403), ("void_counter_sale", 302)])
def test_giving_away_is_a_permission_of_its_own(event: Event, missing: str, status: int) -> None:
    user = User.objects.create_user("clerk", is_staff=True)
    names = {"sell_at_counter", "give_away", "void_counter_sale"} - {missing}
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    desk = Desk(event, user)
    booking = desk.held("A-1")

    answer = desk.pay(booking, "complimentary", reason="Press", allowed_by="The director")

    assert answer.status_code == status


def test_who_may_not_void_has_no_such_page(event: Event) -> None:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="sell_at_counter"))
    desk = Desk(event, user)
    desk.open_till()
    sale = desk.sell("A-1")

    assert "Cancel tickets" not in desk.client.get(page_of_sale(sale)).content.decode()
    assert desk.take_back(sale).status_code == 403


def test_staff_of_chosen_events_sell_only_these(desk: Desk, event: Event) -> None:
    addresses = pages(desk)
    other = make_event(slug="other", title="Another Night")
    limited = Desk(other, make_user("Box office"))
    EventScope.objects.create(user=limited.user).events.add(other)

    home = limited.client.get("/box-office/")
    of_event = {addresses[name] for name in ("choose", "held", "sale", "roll", "void", "till")}

    assert [found.title for found in home.context["events"]] == ["Another Night"]
    assert {limited.client.get(address).status_code for address in of_event} == {404}
    assert limited.client.post(addresses["pay"], {"kind": "cash"}).status_code == 404
    assert list(limited.client.get("/box-office/sales/").context["sales"]) == []
    assert limited.hold("A-1").status_code == 302


def test_the_page_of_an_event_has_its_map_its_places_and_its_types(desk: Desk, event: Event) -> None:
    floor = add_floor(event)
    _adult, child = add_types(event)
    child.areas.add(floor)

    page = desk.client.get(desk.page).content.decode()

    assert 'name="seats" value="A-1"' in page
    assert 'name="places-floor.adult"' in page
    assert f">Adult, {format_money(floor.seats.all()[0].price, event.currency)}</label>" in page
    assert 'name="places-floor.child"' in page
    assert "<option" in page


def test_an_event_without_a_map_has_none(desk: Desk, event: Event) -> None:
    event.seats.all().delete()
    add_floor(event)

    page = desk.client.get(desk.page).content.decode()

    assert "data-seat-map" not in page
    assert desk.hold(**{"places-floor.": "2"}).status_code == 302
    assert Booking.objects.get().booked_seats.count() == 2


@pytest.mark.parametrize("typed", ["\0", "x" * 5000, "C-999999999999999999", "'; --", "١٢"])
def test_odd_searches_find_nothing(desk: Desk, typed: str) -> None:
    assert desk.client.get("/box-office/sales/", {"q": typed}).status_code == 200


@pytest.mark.parametrize("given", ["x", "-1", "9" * 30, "١٢"])
def test_an_odd_change_is_not_shown(desk: Desk, given: Any) -> None:
    desk.open_till()
    sale = desk.sell("A-1")

    assert desk.client.get(page_of_sale(sale), {"given": given}).context["change"] is None
