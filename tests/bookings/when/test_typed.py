"""An event's times as staff type them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from bookings.models import Event
from tests.bookings.when.clocks import AUTUMN, EVENING, ZONES, in_berlin
from tests.support.page_text import text_of
from tests.support.shop import make_event

TIMES = {
    "starts_at": "2027-06-04 19:30",
    "ends_at": "2027-06-04 22:00",
    "sales_from": "2027-01-04 10:00",
    "sales_until": "2027-06-04 19:30",
}


def typed(client: Client, zone: str = "", which: str = "", **times: str) -> Any:
    """Submit the form of a new event with these times, and return the answer."""
    form = {
        "title": "Night",
        "slug": "night",
        "venue": "Here",
        "currency": "eur",
        "time_zone": zone,
        "organiser_name": "We",
        "organiser_email": "we@example.com",
        "cancellation_fee": "0",
        "cancellation_fee_percent": "0",
    }
    for name, at in {**TIMES, **times}.items():
        form[f"{name}_0"], form[f"{name}_1"] = at.split()
    return client.post("/admin/bookings/event/add/", form | {"starts_at_2": which})


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: list(found) for name, found in answer.context["adminform"].form.errors.items()}


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_typed_by_the_clock_at_the_venue(admin_client: Client, zone: str) -> None:
    typed(admin_client, zone)

    event = Event.objects.get()
    assert event.starts_at == datetime(2027, 6, 4, 19, 30, tzinfo=ZoneInfo(zone))
    page = admin_client.get(f"/admin/bookings/event/{event.pk}/change/").content.decode()
    assert 'value="04/06/2027"' in page
    assert 'value="19:30:00"' in page
    assert f"{zone} time." in page
    assert "comes twice" not in page


def test_what_isnt_changed_stays_to_the_second_that_staff_see(admin_client: Client) -> None:
    typed(admin_client, "Asia/Kathmandu")
    before = Event.objects.values_list(*TIMES).get()
    event = Event.objects.get()

    form = admin_client.get(f"/admin/bookings/event/{event.pk}/change/").context["adminform"].form

    assert form.fields["starts_at"].has_changed(event.starts_at, ["2027-06-04", "19:30:00", ""]) is False
    assert Event.objects.values_list(*TIMES).get() == before


def test_an_hour_that_doesnt_exist_is_refused_with_words(admin_client: Client) -> None:
    answer = typed(admin_client, starts_at="2027-03-28 02:30")

    assert errors(answer) == {
        "starts_at": ["On 28 March 2027 the clocks in Europe/Berlin go forward, so 02:30 doesn’t exist."]
    }
    assert "comes twice" not in answer.content.decode()


def test_an_hour_that_comes_twice_is_asked_about(admin_client: Client) -> None:
    night = {"starts_at": "2027-10-31 02:30", "ends_at": "2027-10-31 06:00"}

    answer = typed(admin_client, **night)

    assert errors(answer) == {
        "starts_at": ["On 31 October 2027 the clocks in Europe/Berlin show 02:30 twice. Choose one."]
    }
    assert '<select name="starts_at_2"' in answer.content.decode()
    assert '<select name="ends_at_2"' not in answer.content.decode()


@pytest.mark.parametrize(("which", "fold"), [("first", 0), ("second", 1)])
def test_the_hour_that_was_chosen_is_kept(admin_client: Client, which: str, fold: int) -> None:
    typed(admin_client, which=which, starts_at="2027-10-31 02:30", ends_at="2027-10-31 06:00")

    event = Event.objects.get()
    assert event.starts_at == in_berlin(*AUTUMN, 2, 30, fold=fold).astimezone(UTC)
    page = admin_client.get(f"/admin/bookings/event/{event.pk}/change/").content.decode()
    assert f'<option value="{which}" selected>' in page


def test_a_day_that_a_zone_has_skipped_cant_be_typed(admin_client: Client) -> None:
    answer = typed(admin_client, "Pacific/Apia", sales_from="2011-12-30 10:00")

    assert list(errors(answer)) == ["sales_from"]


def test_half_a_time_and_an_unknown_zone_are_refused(admin_client: Client) -> None:
    assert errors(typed(admin_client, starts_at="2027-06-04 -")) == {"starts_at": ["Enter a valid time."]}
    assert list(errors(typed(admin_client, "Europe/Atlantis"))) == ["time_zone"]


def test_who_may_only_look_sees_the_clock_at_the_venue(db: None, client: Client) -> None:
    event = make_event(time_zone="Asia/Kathmandu", starts_at=EVENING, ends_at=EVENING + timedelta(hours=2))
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_event"))
    client.force_login(clerk, "customers.backends.StaffBackend")

    words = text_of(client.get(f"/admin/bookings/event/{event.pk}/change/").content.decode())

    assert "Starts at: 4 Jun 2027, 11:15 p.m." in words
    assert "Friday 4 June 2027, 23:15 (Kathmandu time)" in text_of(
        client.get("/admin/bookings/event/").content.decode()
    )


def test_a_sale_that_outlasts_its_event_is_refused(admin_client: Client) -> None:
    answer = typed(admin_client, sales_until="2027-06-04 22:01")

    assert errors(answer) == {"__all__": ["The sale must end with the event at the latest."]}
