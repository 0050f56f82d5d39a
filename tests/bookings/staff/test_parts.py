"""Staff set up areas, ticket types and codes; what is held or sold is never contradicted."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Area, Booking, Event, EventScope, SaleCode, TicketType
from bookings.models.sale_code import normal_code
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import hold, release
from tests.support.shop import make_event
from tests.support.staff import log_in, make_user, somebody_of, told

pytestmark = pytest.mark.django_db
ADMIN = "/admin/bookings"
ADA = Buyer("Ada", "ada@example.com")


@pytest.fixture
def staff() -> Client:
    return somebody_of("Events")


@pytest.fixture
def floor(event: Event, staff: Client) -> Area:
    add_area(staff, event, capacity="20", price="25.00")
    return event.areas.get()


def add_area(staff: Client, event: Event, **changes: Any) -> Any:
    form = {"event": event.pk, "name": "Floor", "slug": "floor", "kind": "standing", "position": 0, **changes}
    return staff.post(f"{ADMIN}/area/add/", form, follow=True)


def change_area(staff: Client, area: Area, **changes: Any) -> Any:
    form = {
        "name": area.name,
        "slug": area.slug,
        "position": 0,
        "capacity": "20",
        "price": "25.00",
        **changes,
    }
    return staff.post(f"{ADMIN}/area/{area.pk}/change/", form, follow=True)


def add_type(staff: Client, event: Event, **changes: Any) -> Any:
    form = {"event": event.pk, "name": "Child", "slug": "child", "position": 0, "is_offered": "on", **changes}
    return staff.post(f"{ADMIN}/tickettype/add/", form, follow=True)


def change(staff: Client, row: TicketType | SaleCode, **changes: Any) -> Any:
    """Send what the row's page shows, with other values."""
    page = f"{ADMIN}/{row._meta.model_name}/{row.pk}/change/"
    form = staff.get(page).context["adminform"].form
    shown: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field.widget, "decompress"):
            parts = bound.field.widget.decompress(value)
            shown |= {f"{bound.html_name}_{number}": part or "" for number, part in enumerate(parts)}
        elif isinstance(value, bool):
            shown |= {bound.html_name: "on"} if value else {}
        else:
            spelled = bound.field.prepare_value(value)
            shown[bound.html_name] = "" if spelled is None else spelled
    return staff.post(page, {**shown, **changes}, follow=True)


def buy(event: Event, *, count: int = 1, kind: str = "", code: str = "") -> Booking:
    wish = Wish(places=[PlacesWish("floor", kind, count)], code=code)
    return hold(event, ADA, wish, until=timezone.now() + timedelta(minutes=30))


def errors(page: Any) -> str:
    return " ".join(
        str(error) for errors in page.context["adminform"].form.errors.values() for error in errors
    )


# Areas


def test_a_standing_area_is_so_many_places_at_a_price(floor: Area) -> None:
    places = floor.seats.order_by("number")

    assert [place.label for place in places][:2] == ["Floor 1", "Floor 2"]
    assert (places.count(), {place.price for place in places}) == (20, {2500})


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"capacity": "5"}, "Enter a price; 0 is free."),
        ({"capacity": "5", "price": "0.10"}, "Stripe charges €0.50 at least."),
        ({"capacity": "5", "price": "1.250"}, "1.250 could be 1250 or 1.25."),
        ({"capacity": "50000", "price": "1"}, "less than or equal to 20000"),
        ({"kind": "seated", "capacity": "5", "price": "10"}, "Add numbered seats row by row"),
        ({"slug": "not a slug"}, "valid “slug”"),
    ],
)
def test_an_area_that_cannot_be_is_refused(
    staff: Client, event: Event, form: dict[str, str], words: str
) -> None:
    assert words in errors(add_area(staff, event, **form))
    assert not event.areas.exists()


def test_two_areas_of_one_event_have_two_names(staff: Client, event: Event, floor: Area) -> None:
    assert "already exists" in errors(add_area(staff, event, slug="other", capacity="1", price="1"))
    other = make_event(slug="other")
    add_area(staff, other)
    assert other.areas.count() == 1


def test_the_capacity_rises_and_falls_as_far_as_places_are_free(
    staff: Client, event: Event, floor: Area
) -> None:
    release(buy(event, count=4))
    buy(event, count=2)

    change_area(staff, floor, capacity="30")
    assert floor.seats.free().count() == 28
    change_area(staff, floor, capacity="3")
    assert sorted(floor.seats.values_list("label", "state")) == [
        ("Floor 1", "for_sale"),
        ("Floor 2", "for_sale"),
        ("Floor 3", "for_sale"),
        ("Floor 4", "no_place"),
    ]
    refused = change_area(staff, floor, capacity="1")
    assert "2 places are held, sold or held back already." in errors(refused)
    change_area(staff, floor, capacity="4")
    assert floor.seats.free().count() == 2


def test_a_new_price_is_that_of_all_that_nobody_has(staff: Client, event: Event, floor: Area) -> None:
    buy(event, count=2)

    change_area(staff, floor, price="30")

    prices = {(place.price, place.booking_id is None) for place in floor.seats.all()}
    assert prices == {(2500, False), (3000, True)}


def test_prices_of_one_area_change_on_the_page_of_prices(staff: Client, event: Event, floor: Area) -> None:
    page = f"{ADMIN}/event/{event.pk}/prices/"

    staff.post(page, {"area": floor.pk, "price": "0", "confirm": "1"})

    assert set(event.seats.values_list("area", "price")) == {(floor.pk, 0), (None, 4200), (None, 3200)}


def test_an_area_is_deleted_with_its_places_unless_somebody_had_one(
    staff: Client, event: Event, floor: Area
) -> None:
    page = f"{ADMIN}/area/{floor.pk}/delete/"
    only = event.types.create(slug="vip", name="VIP")
    only.areas.set([floor])
    assert told(staff.post(page, {"post": "yes"}, follow=True)) == [
        "VIP is sold in Floor only. Choose another area, or delete that type first."
    ]
    only.areas.clear()
    booking = buy(event)
    release(booking)
    assert told(staff.post(page, {"post": "yes"}, follow=True)) == [
        "Floor has bookings, so you can’t delete it."
    ]
    other = make_event(slug="other")
    add_area(staff, other, capacity="3", price="0")
    staff.post(f"{ADMIN}/area/{other.areas.get().pk}/delete/", {"post": "yes"})
    assert not other.areas.exists()


def test_an_event_is_deleted_with_all_its_parts(staff: Client) -> None:
    event = make_event(slug="other")
    add_area(staff, event, capacity="3", price="5")
    add_type(staff, event)
    event.codes.create(code="A")
    event.questions.create(text="Menu?")

    staff.post(f"{ADMIN}/event/{event.pk}/delete/", {"post": "yes"})

    assert not Event.objects.filter(pk=event.pk).exists()


# Ticket types


def test_a_type_is_typed_as_people_write_it(staff: Client, event: Event, floor: Area) -> None:
    add_type(
        *(staff, event),
        price="12,50",
        quota="30",
        areas=[floor.pk],
        sold_until_0="2027-01-01",
        sold_until_1="20:00",
        proof="on",
    )

    kind = event.types.get()
    assert (kind.price, kind.quota, kind.proof, list(kind.areas.all())) == (1250, 30, True, [floor])
    page = staff.get(f"{ADMIN}/tickettype/{kind.pk}/change/").content.decode()
    assert 'name="price" value="12.50"' in page


def test_areas_of_other_events_are_no_choice(staff: Client, event: Event, floor: Area) -> None:
    other = make_event(slug="other")

    refused = add_type(staff, other, areas=[floor.pk])

    assert "is not one of the available choices" in errors(refused)
    assert "Floor" not in staff.get(f"{ADMIN}/tickettype/add/?event={other.pk}").content.decode()
    assert "Floor" in staff.get(f"{ADMIN}/tickettype/add/?event={event.pk}").content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"price": "5", "percent_off": "10"}, "Enter a price or a percentage, not both."),
        ({"price": "0.20"}, "Stripe charges €0.50 at least."),
        ({"percent_off": "101"}, "less than or equal to 100"),
        ({"at_least": "3", "at_most": "2"}, "The maximum can't be lower than the minimum."),
    ],
)
def test_a_type_that_cannot_be_is_refused(
    staff: Client, event: Event, form: dict[str, str], words: str
) -> None:
    assert words in errors(add_type(staff, event, **form))


def test_a_quota_is_not_lowered_below_what_is_taken(staff: Client, event: Event, floor: Area) -> None:
    add_type(staff, event)
    kind = event.types.get()
    buy(event, count=3, kind="child")

    refused = change(staff, kind, quota="2")
    assert "3 are already sold or on hold." in errors(refused)
    change(staff, kind, quota="3")
    kind.refresh_from_db()
    assert (kind.quota, kind.taken, kind.left) == (3, 3, 0)
    change(staff, kind, quota="9")
    change(staff, kind, name="Children")
    kind.refresh_from_db()
    assert (kind.name, kind.taken) == ("Children", 3)


def test_another_price_leaves_what_is_sold(staff: Client, event: Event, floor: Area) -> None:
    add_type(staff, event, price="10")
    booking = buy(event, kind="child")

    change(staff, event.types.get(), price="11.00")

    assert booking.booked_seats.get().price == 1000
    assert buy(event, kind="child").booked_seats.get().price == 1100


def test_a_type_that_was_sold_is_switched_off_instead_of_deleted(
    staff: Client, event: Event, floor: Area
) -> None:
    add_type(staff, event)
    kind = event.types.get()
    release(buy(event, kind="child"))

    deleted = staff.post(f"{ADMIN}/tickettype/{kind.pk}/delete/", {"post": "yes"}, follow=True)

    assert told(deleted) == ["Child has bookings, so you can’t delete it. Untick “Is offered” instead."]
    many = {"action": "delete_selected", "_selected_action": [kind.pk], "post": "yes"}
    staff.post(f"{ADMIN}/tickettype/", many)
    assert event.types.exists()


def test_a_type_that_a_code_is_only_for_stays(staff: Client, event: Event) -> None:
    add_type(staff, event)
    kind = event.types.get()
    code = event.codes.create(code="KIDS", percent_off=10)
    code.types.set([kind])

    deleted = staff.post(f"{ADMIN}/tickettype/{kind.pk}/delete/", {"post": "yes"}, follow=True)

    assert told(deleted) == ["KIDS only discounts Child. Change or delete that code first."]


# Codes


def add_code(staff: Client, event: Event, **changes: Any) -> Any:
    form = {"event": event.pk, "code": "spring 27", "is_active": "on", **changes}
    return staff.post(f"{ADMIN}/salecode/add/", form, follow=True)


def test_a_code_is_in_capitals_however_it_is_typed(staff: Client, event: Event) -> None:
    add_code(staff, event, amount_off="5")

    assert list(event.codes.values_list("code", "amount_off")) == [("SPRING27", 500)]
    assert "already exists" in errors(add_code(staff, event))
    assert "Capital letters, digits" in errors(add_code(staff, event, code="ä"))


def test_a_limit_is_not_lowered_below_what_was_used(staff: Client, event: Event, floor: Area) -> None:
    add_code(staff, event, code="A", percent_off="10")
    for _number in range(2):
        buy(event, code="a")
    code = event.codes.get()

    assert "2 bookings have already used it." in errors(change(staff, code, limit="1"))
    change(staff, code, limit="2", note="Press")
    code.refresh_from_db()
    assert (code.limit, code.used, code.note) == (2, 2, "Press")
    deleted = staff.post(f"{ADMIN}/salecode/{code.pk}/delete/", {"post": "yes"}, follow=True)
    assert told(deleted) == ["A has been used, so you can’t delete it. Untick “Is active” instead."]


def test_many_codes_are_made_at_once_for_one_use_each(staff: Client, event: Event, floor: Area) -> None:
    add_type(staff, event, needs_code="on")
    kind = event.types.get()
    form = {"count": "50", "beginning": "press", "percent_off": "100", "note": "Critics", "opens": [kind.pk]}
    form |= {"valid_until_0": "2027-01-01", "valid_until_1": "20:00"}

    made = staff.post(f"{ADMIN}/event/{event.pk}/codes/", form, follow=True)

    assert told(made) == ["50 codes created."]
    codes = list(event.codes.all())
    assert len({code.code for code in codes}) == 50
    assert all(code.code.startswith("PRESS-") and normal_code(code.code) == code.code for code in codes)
    assert {(code.limit, code.percent_off, code.note) for code in codes} == {(1, 100, "Critics")}
    assert list(codes[7].opens.all()) == [kind]
    assert f"{codes[7].valid_until:%Y-%m-%d %H:%M}" == "2027-01-01 20:00"
    assert made.context["cl"].result_count == 50
    buy(event, kind="child", code=codes[0].code)
    page = staff.get(f"{ADMIN}/salecode/?event__id__exact={event.pk}&use=up")
    assert [code.code for code in page.context["cl"].result_list] == [codes[0].code]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"count": "1001"}, "less than or equal to 1000"),
        ({"count": "0"}, "greater than or equal to 1"),
        ({"beginning": "ü"}, "Capital letters, digits"),
        ({"percent_off": "10", "amount_off": "5"}, "Enter a percentage or an amount, not both."),
        ({"amount_off": "5", "places_at_most": "1"}, "An amount always applies to the whole booking."),
    ],
)
def test_many_codes_that_cannot_be_are_refused(
    staff: Client, event: Event, form: dict[str, str], words: str
) -> None:
    refused = staff.post(f"{ADMIN}/event/{event.pk}/codes/", {"count": "2", "note": "", **form})

    assert words in refused.content.decode()
    assert not event.codes.exists()


# Who sees it


def test_the_events_page_has_its_parts_with_links(staff: Client, event: Event, floor: Area) -> None:
    add_type(staff, event, percent_off="50", quota="10")
    add_code(staff, event, code="A", percent_off="10", limit="5")

    page = staff.get(f"{ADMIN}/event/{event.pk}/change/").content.decode()

    for words in ("20 places, 20 free, €25.00", "50 % less, 0 of 10 on hold or sold", "10 %, used 0 of 5"):
        assert words in page
    assert f"{ADMIN}/area/add/?event={event.pk}" in page
    assert f"{ADMIN}/event/{event.pk}/codes/" in page


@pytest.mark.parametrize("group", ["Box office", "Finance", "Door"])
def test_others_neither_see_nor_change_them(event: Event, floor: Area, group: str) -> None:
    somebody = somebody_of(group)

    assert somebody.get(f"{ADMIN}/area/{floor.pk}/change/").status_code in (302, 403)
    assert somebody.get(f"{ADMIN}/event/{event.pk}/codes/").status_code in (302, 403)
    page = somebody.get(f"{ADMIN}/event/{event.pk}/change/").content.decode()
    assert "/admin/bookings/area/" not in page
    assert somebody.post(f"{ADMIN}/tickettype/add/", {"event": event.pk}).status_code in (302, 403)
    assert not event.types.exists()


def test_whoever_is_limited_to_events_has_the_parts_of_these(event: Event, floor: Area) -> None:
    other, user = make_event(slug="other"), make_user("Events")
    EventScope.objects.create(user=user).events.set([other])
    limited = log_in(user)

    assert limited.get(f"{ADMIN}/area/{floor.pk}/change/").status_code == 404
    assert limited.get(f"{ADMIN}/event/{event.pk}/codes/").status_code == 404
    assert "event" in add_type(limited, event).context["adminform"].form.errors
    add_type(limited, other)
    assert (event.types.count(), other.types.count()) == (0, 1)
