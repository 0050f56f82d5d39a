"""Slugs change, and links don't break."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from bookings.models import Event, EventAddress
from tests.bookings.events.test_visibility import fields_of
from tests.support.shop import Buy, make_event
from tests.support.staff import log_in, make_user, told


def test_an_old_address_leads_on_for_good(event: Event, client: Client) -> None:
    for slug in ("night", "gala"):
        Event.objects.update(slug=slug)

    answers = [client.get(f"/events/{slug}/?lang=de&x=1") for slug in ("demo-night", "night")]

    assert [(it.status_code, it.headers["Location"]) for it in answers] == [
        (301, "/events/gala/?lang=de&x=1")
    ] * 2
    assert client.get("/events/gala/").status_code == 200


def test_the_api_answers_at_the_old_address_and_never_redirects(
    event: Event, client: Client, buy: Buy
) -> None:
    Event.objects.update(slug="gala")

    assert client.get("/api/events/demo-night/seats").status_code == 200
    assert client.get("/api/events/demo-night/seats/best?quantity=1").status_code == 200
    assert buy("A-1").booking.event == event  # at "demo-night"


def test_a_page_that_was_open_meanwhile_still_buys(event: Event, client: Client, stripe: Any) -> None:
    Event.objects.update(slug="gala")
    form = {"attempt": "t1", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}

    answer = client.post("/events/demo-night/checkout/", form)

    assert answer.status_code == 302
    assert answer.headers["Location"] == stripe.sessions()[0]["url"]


def test_an_address_may_come_back_to_its_own_event(event: Event, client: Client) -> None:
    for slug in ("gala", "demo-night"):
        Event.objects.update(slug=slug)

    assert client.get("/events/demo-night/").status_code == 200
    assert client.get("/events/gala/").headers["Location"] == "/events/demo-night/"


def test_no_other_event_gets_an_old_address(event: Event) -> None:
    Event.objects.update(slug="gala")
    with pytest.raises(IntegrityError, match="leads to another event"), transaction.atomic():
        make_event()
    other = make_event(slug="other")

    with pytest.raises(IntegrityError, match="leads to another event"), transaction.atomic():
        Event.objects.filter(pk=other.pk).update(slug="demo-night")

    assert set(EventAddress.objects.values_list("slug", "event")) == {
        ("demo-night", event.pk),
        ("gala", event.pk),
        ("other", other.pk),
    }


def test_staff_are_told_whose_an_address_is_and_where_the_old_one_leads(event: Event) -> None:
    Event.objects.update(slug="gala")
    other = make_event(slug="other", title="Other")
    staff, page = log_in(make_user("Events")), f"/admin/bookings/event/{other.pk}/change/"

    refused = staff.post(page, fields_of(other, slug="demo-night"))
    moved = staff.post(page, fields_of(other, slug="another"), follow=True)

    assert "This address leads to “Demo Night”" in refused.content.decode()
    assert told(moved)[0] == "The old address now redirects to the new one."


def test_an_event_takes_its_addresses_along(event: Event) -> None:
    Event.objects.update(slug="gala")
    event.seats.all().delete()
    event.delete()

    assert not EventAddress.objects.exists()
    assert make_event().slug == "demo-night"
