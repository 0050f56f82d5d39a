import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from bookings.models import BookedSeat, Event, Seat
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import hold_seats
from bookings.web.forms import link_to
from tests.bookings.buying.house import CHECKOUT, FORM, make_club, make_house
from tests.support.sandbox import Sandbox
from tests.support.shop import make_event

PAGE = "/events/demo-night/"


@pytest.fixture
def house(db: None) -> Event:
    return make_house()


def page(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def terms(html: str) -> dict[str, Any]:
    (written,) = re.findall(r'data-terms="([^"]*)"', html)
    return json.loads(written.replace("&quot;", '"'))


def inputs(html: str, name: str) -> list[str]:
    return re.findall(rf'<(?:input|select)[^>]*name="{re.escape(name)}"[^>]*>', html)


def sent(house: Event, client: Client, **more: Any) -> Any:
    return client.post(CHECKOUT, {**FORM, **more})


def booked() -> list[tuple[str, str, int]]:
    """Return what is booked: label, type, price."""
    rows = BookedSeat.objects.select_related("seat", "type").order_by("seat")
    return [(row.seat.label, row.type.slug if row.type else "", row.price) for row in rows]


def test_an_event_without_areas_and_types_has_none_of_it(db: None, client: Client) -> None:
    make_event()

    html = page(client)

    assert "data-places" not in html
    assert "<select" not in html.split("<noscript>")[0]
    assert "Have a code?" not in html
    assert terms(html)["types"] == {}


def test_the_page_has_a_card_for_the_floor_with_each_type_and_its_price(house: Event, client: Client) -> None:
    html = page(client)

    assert [
        re.findall(r'name="([^"]+)"', field) for field in re.findall(r"<input[^>]*data-places[^>]*>", html)
    ] == [
        ["places-floor.adult"],
        ["places-floor.child"],
        ["places-floor.carer"],
    ]
    words = text(html)
    assert "Adult €25.00" in words
    assert "Child €12.50" in words
    assert "Carer Free" in words
    assert "€0.00" not in words
    assert "Show proof at the door." in words
    assert "4 left" in words


def test_a_type_that_is_sold_out_is_shown_as_such(house: Event, client: Client) -> None:
    child = house.types.get(slug="child")
    Seat.objects.filter(label__in=["Floor 1", "Floor 2", "Floor 3", "Floor 4"])
    child.quota = 0
    child.save(update_fields=["quota"])

    html = page(client)

    assert inputs(html, "places-floor.child") == []
    assert "Child 50% off Sold out" in text(html)
    assert re.search(r'<option value="child" disabled>Child \(sold out\)</option>', html)


def test_a_hidden_type_needs_its_code(house: Event, client: Client) -> None:
    crew = house.types.create(slug="crew", name="Crew", price=500, needs_code=True, position=9)
    house.codes.create(code="BACKSTAGE").opens.add(crew)

    assert "Crew" not in page(client)
    assert "crew" not in page(client, f"{PAGE}?code=SPRING")
    assert "Crew" in text(page(client, f"{PAGE}?code=backstage"))


def test_the_prices_after_a_code_are_on_the_page(house: Event, client: Client) -> None:
    html = page(client, f"{PAGE}?code=spring")

    assert "€25.00 €20.00" in text(html)
    assert "SPRING: 20 % less." in text(html)
    assert terms(html)["code"] == {"percent": 20, "amount": None, "most": None, "types": []}


@pytest.mark.parametrize("code", ["WINTER", "win ter", "x" * 200, "\x00", "%00", "<b>"])
def test_an_unknown_code_is_said_beside_the_field(house: Event, client: Client, code: str) -> None:
    response = client.get(PAGE, {"code": code})

    assert response.status_code == 200
    assert "isn’t known here, or isn’t valid now." in text(response.content.decode())


def test_a_code_that_is_used_up_is_said_beside_the_field(house: Event, client: Client) -> None:
    house.codes.create(code="ONCE", percent_off=100, limit=1, used=1)

    assert "The code ONCE is used up." in text(page(client, f"{PAGE}?code=ONCE"))


def test_looking_at_the_price_keeps_all_that_was_chosen(house: Event, client: Client) -> None:
    chosen = {"seats": ["A-1", "A-2"], "type-A-1": "child", "type-A-2": "adult", "places-floor.adult": "2"}

    response = sent(house, client, **chosen, code="SPRING", email="not yet", look="code")

    html = response.content.decode()
    assert response.status_code == 200
    assert "Not booked yet" not in html
    assert [("checked" in seat) for seat in inputs(html, "seats") if 'value="A-1"' in seat] == [True]
    assert re.findall(r'<option value="child" selected>', html)
    assert 'value="2"' in inputs(html, "places-floor.adult")[0]
    assert 'value="not yet"' in html
    # 4200 and 2100 and 2 × 2500, less 20 %
    assert "€90.40" in text(html)
    assert booked() == []


def test_seats_without_a_type_are_asked_for_it_where_no_script_does(house: Event, client: Client) -> None:
    html = sent(house, client, seats=["A-1"], untyped="ask").content.decode()

    assert len(inputs(html, "type-A-1")) == 1
    assert booked() == []


def test_the_form_books_seats_and_places_as_their_types(
    house: Event, stripe: Sandbox, client: Client
) -> None:
    chosen = {"seats": ["A-1", "B-1"], "type-A-1": "child", "type-B-1": "adult"}

    response = sent(
        house, client, **chosen, **{"places-floor.adult": "2", "places-floor.carer": "0"}, code="spring"
    )

    assert response.status_code == 302, text(response.content.decode())
    assert booked() == [
        ("A-1", "child", 1680),
        ("B-1", "adult", 2560),
        ("Floor 1", "adult", 2000),
        ("Floor 2", "adult", 2000),
    ]


def test_a_form_without_types_is_at_full_price(house: Event, stripe: Sandbox, client: Client) -> None:
    sent(house, client, seats=["A-1"], **{"places-floor.": "1"})

    assert booked() == [("A-1", "", 4200), ("Floor 1", "", 2500)]


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"places-floor.adult": "two"}, 400, "Enter a whole number."),
        ({"places-floor.adult": "-1"}, 400, "Enter a whole number."),
        ({"places-floor.adult": "1.5"}, 400, "Enter a whole number."),
        ({"places-floor.adult": "21"}, 400, "20 seats at a time"),
        ({"places-floor.adult": "19", "seats": ["A-1", "A-2"]}, 400, "20 seats at a time"),
        ({"places-floor.adult": "0"}, 400, "Choose at least one seat."),
        ({"places-floor.adult": "1", "quantity": "1"}, 400, "not both"),
        ({"places-roof.adult": "1"}, 400, "no standing area roof"),
        (
            {"places-floor\x00.adult": "1"},
            400,
            "These tickets don’t exist. Refresh the page and choose again.",
        ),
        ({"places-": "1"}, 400, "no standing area"),
        ({"places-floor.pensioner": "1"}, 400, "pensioner"),
        ({"seats": ["A-1"], "type-A-1": "pensioner"}, 400, "pensioner"),
        ({"seats": ["A-1"], "type-A-1": "\x00"}, 400, "aren’t available here"),
        ({"places-floor.child": "5"}, 409, "Child: Only 4 seats are left."),
        ({"places-floor.adult": "1", "code": "WINTER"}, 400, "The code WINTER isn’t known here"),
        ({"seats": ["A-1"], "code": "\x00"}, 400, "Null characters are not allowed."),
        ({"seats": ["A-1"], "code": "x" * 61}, 400, "at most 60 characters"),
    ],
    ids=str,
)
def test_a_mistake_comes_back_with_words_and_nothing_lost(
    house: Event, client: Client, more: dict[str, Any], status: int, words: str
) -> None:
    kept = {"places-floor.carer": "1"} if "places-floor.adult" not in more else {}

    response = sent(house, client, **{**kept, **more})

    html = response.content.decode()
    assert response.status_code == status
    assert words in text(html)
    assert 'value="Ada"' in html
    assert booked() == []
    for name, value in {**kept, **more}.items():
        if name in ("places-floor.adult", "places-floor.carer", "places-floor.child"):
            assert f'value="{value}"' in inputs(html, name)[0]


def test_a_taken_seat_is_replaced_as_the_same_type(house: Event, stripe: Sandbox, client: Client) -> None:
    Client().post(CHECKOUT, {**FORM, "attempt": "other", "email": "bob@example.com", "seats": ["A-1"]})
    chosen = {"seats": ["A-1", "A-3"], "type-A-1": "child", "type-A-3": "adult", "places-floor.adult": "1"}

    refused = sent(house, client, **chosen).content.decode()

    (offered,) = re.findall(r'name="offered" value="([^"]+)"', refused)
    assert re.findall(rf'name="type-{offered}" value="(\w*)"', refused) == ["child"]
    sent(
        house,
        client,
        **{**chosen, "seats": ["A-3"]},
        offered=[offered],
        **{f"type-{offered}": "child"},
        instead="1",
    )
    assert sorted(booked())[1:] == sorted(
        [(offered, "child", 2100), ("A-3", "adult", 4200), ("Floor 1", "adult", 2500)]
    )


def test_a_price_that_rose_is_refused(house: Event, client: Client) -> None:
    response = sent(house, client, seats=["A-1"], **{"type-A-1": "child"}, total="2099")

    assert response.status_code == 409
    assert "it’s now €21.00" in text(response.content.decode())


def test_the_full_price_is_offered_where_no_type_is_for_everybody(db: None, client: Client) -> None:
    event = make_event()
    event.types.create(slug="child", name="Child", percent_off=50)

    assert terms(page(client))["kinds"] == {"": ["", "child"]}


def test_a_type_of_one_area_is_offered_there_alone(house: Event, client: Client) -> None:
    balcony = house.areas.create(slug="balcony", name="Balcony", kind="seated", position=1)
    house.seats.filter(row="B").update(area=balcony)
    house.types.get(slug="carer").areas.add(balcony)

    known = terms(page(client))

    assert known["kinds"] == {"": ["adult", "child"], "balcony": ["adult", "child", "carer"]}


def test_an_event_without_seats_to_choose_has_no_map(db: None, client: Client) -> None:
    make_club()

    html = page(client)

    assert "data-seat-map" not in html
    assert "Best available" not in html
    assert len(inputs(html, "places-floor.adult")) == 1


def test_the_best_available_are_of_one_type(house: Event, stripe: Sandbox, client: Client) -> None:
    sent(house, client, quantity="2", type="child")

    assert [(kind, price) for _label, kind, price in booked()] == [("child", 2100), ("child", 2100)]


def test_confirming_the_address_loses_nothing(
    house: Event, stripe: Sandbox, client: Client, settings: Any
) -> None:
    chosen = {"seats": ["A-1"], "type-A-1": "child", "places-floor.adult": "2", "code": "SPRING"}
    session = client.session
    from bookings.orders.wishes import PlacesWish, Wish
    from bookings.web.forms import written

    wish = Wish(seats={"A-1": "child"}, places=[PlacesWish("floor", "adult", 2)], code="SPRING")
    session["choice"] = {
        "event": "demo-night",
        "form": {**written(wish), "name": "Ada", "email": "a@example.com"},
    }
    session.save()

    html = client.get(CHECKOUT).content.decode()

    assert re.findall(r'<option value="child" selected>', html)
    assert 'value="2"' in inputs(html, "places-floor.adult")[0]
    assert 'value="SPRING"' in inputs(html, "code")[0]
    assert chosen


def test_where_nothing_has_a_price_nothing_is_said_of_paying(db: None, client: Client) -> None:
    free = make_club()
    free.seats.update(price=0)

    words = text(page(client))

    assert "You pay on the next page" not in words
    assert "of the price" not in words
    assert "You can cancel until the event starts." in words
    assert re.search(r"<span data-due hidden>Continue to payment</span>\s*<span data-gift>", page(client))


def test_a_type_with_a_price_of_its_own_is_paid_for(db: None, client: Client) -> None:
    event = make_club()
    event.seats.update(price=0)
    event.types.create(slug="patron", name="Patron", price=500)

    words = text(page(client))

    assert "You pay on the next page" in words
    assert "until the event starts" not in words


# Coming back


def test_a_link_chooses_again_what_can_still_be_had(house: Event, client: Client) -> None:
    wish = Wish(seats={"A-1": "child", "A-2": "adult"}, places=[PlacesWish("floor", "adult", 2)])
    house.seats.filter(label="A-2").update(state="held_back")

    html = page(client, f"{PAGE}?{link_to(wish)}")

    assert re.findall(r'<input[^>]*name="seats" value="([^"]+)"[^>]* checked', html) == ["A-1"]
    assert '<option value="child" selected>' in html
    assert re.search(r'name="places-floor\.adult" value="2"', html)


def test_a_link_with_nonsense_chooses_nothing(house: Event, client: Client) -> None:
    html = page(
        client, f"{PAGE}?seats=<b>&seats=Z-99&type-A-1=gold&places-floor.adult=<b>&places-=7&name=Eve"
    )

    assert " checked" not in html
    assert "<b>&" not in html
    assert "Grace" not in html


def test_whoever_is_signed_in_finds_their_name_and_address_filled_in(house: Event, client: Client) -> None:
    ada = User.objects.create_user("ada", "ada@example.com")
    until = timezone.now() + timedelta(minutes=30)
    hold_seats(house, Buyer("Ada Lovelace", "ada@example.com", account=ada), labels=["A-1"], until=until)
    client.force_login(ada, "customers.backends.MailedCodeBackend")

    html = page(client)

    assert 'name="name" value="Ada Lovelace"' in html
    assert 'name="email" value="ada@example.com"' in html
