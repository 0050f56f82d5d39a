"""The buyer agrees to the terms, and which version it was is kept with the booking."""

import re
from typing import Any

import pytest
from django.test import Client

from bookings.models import Booking, Event
from tests.legal.house import publish_terms
from tests.support.shop import BoxOffice, Purchase
from tests.support.staff import somebody_of

pytestmark = pytest.mark.django_db

CHECKOUT = "/events/demo-night/checkout/"
FORM = {"attempt": "t1", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
BODY = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}


def order(client: Client, **more: Any) -> Any:
    return client.post("/api/checkout", {**BODY, **more}, content_type="application/json")


def test_without_terms_nobody_is_asked(client: Client, event: Event, purchase: Purchase) -> None:
    assert 'name="terms"' not in client.get(event.get_absolute_url()).content.decode()
    assert purchase.booking.accepted_terms is None


def test_the_box_is_never_ticked_and_links_the_version_that_it_is_for(client: Client, event: Event) -> None:
    publish_terms()

    page = client.get(event.get_absolute_url()).content.decode()

    boxes = re.findall(r'<input type="checkbox"[^>]*name="terms"[^>]*>', page)
    assert len(boxes) == 2  # the seat map's form, and the best available's
    assert all('value="1"' in box and "required" in box and "checked" not in box for box in boxes)
    assert 'href="/terms/1/"' in page


def test_who_agrees_buys_and_the_version_is_kept(client: Client, event: Event, box_office: BoxOffice) -> None:
    terms = publish_terms()

    answer = client.post(CHECKOUT, {**FORM, "terms": "1"})

    assert answer.status_code == 302
    booking = Booking.objects.get()
    assert booking.accepted_terms == terms
    page = somebody_of("Box office").get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    assert "Terms, version 1" in page


def test_who_does_not_agree_is_asked_to(client: Client, event: Event, box_office: BoxOffice) -> None:
    publish_terms()

    answer = client.post(CHECKOUT, FORM)

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Agree to the terms to continue." in page
    assert 'href="#map-terms"' in page
    assert re.search(r'id="map-terms"[^>]*aria-invalid="true"', page)
    assert 'value="A-1" checked' in page or 'value="A-1"' in page
    assert not Booking.objects.exists()


def test_terms_that_changed_meanwhile_are_asked_for_again(
    client: Client, event: Event, box_office: BoxOffice
) -> None:
    publish_terms("Old")
    publish_terms("New")

    answer = client.post(CHECKOUT, {**FORM, "terms": "1"})

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "The terms have changed since you opened this page." in page
    assert all(
        "checked" not in box for box in re.findall(r'<input type="checkbox"[^>]*name="terms"[^>]*>', page)
    )
    assert 'value="2"' in page


@pytest.mark.parametrize("given", ["x", "-1", "²", "99999999", "1" * 7])
def test_nonsense_in_the_box_is_no_agreement(
    client: Client, event: Event, box_office: BoxOffice, given: str
) -> None:
    publish_terms()

    assert client.post(CHECKOUT, {**FORM, "terms": given}).status_code == 400
    assert not Booking.objects.exists()


def test_the_api_says_which_version_to_agree_to(client: Client, event: Event, box_office: BoxOffice) -> None:
    terms = publish_terms()

    refused = order(client)

    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["terms"]) == ("terms_not_accepted", 1)
    assert error["url"].endswith("/terms/1/")
    assert order(client, terms=2).status_code == 400
    assert order(client, terms=1).status_code == 201
    assert Booking.objects.get().accepted_terms == terms


def test_a_repeated_order_gets_the_first_answer_though_the_terms_have_changed(
    client: Client, event: Event, box_office: BoxOffice
) -> None:
    publish_terms()
    key = {"Idempotency-Key": "k1"}
    first = client.post("/api/checkout", {**BODY, "terms": 1}, content_type="application/json", headers=key)
    publish_terms("New")

    again = client.post("/api/checkout", {**BODY, "terms": 1}, content_type="application/json", headers=key)

    assert (first.status_code, again.json()) == (201, first.json())


def test_paying_again_is_by_the_same_terms_or_the_new_ones_are_asked_for(
    client: Client, event: Event, box_office: BoxOffice
) -> None:
    publish_terms()
    purchase = box_office.buy(terms=1)
    box_office.stripe.expire(purchase.session_id)
    box_office.deliver("expired", purchase)

    publish_terms("New")
    refused = client.post(f"{purchase.booking.get_absolute_url()}pay/")

    assert refused.status_code == 400
    assert "The terms have changed" in refused.content.decode()
