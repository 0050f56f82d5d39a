"""Where an event's picture, short text and map are told besides its page."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.template import Context, Template
from django.test import Client

from bookings.describing.making import follow
from bookings.events.copying import make_copies
from bookings.models import Event
from branding.art import art_url
from branding.models import Picture, PictureKind
from branding.pictures.storing import keep_picture
from tests.branding.pictures import encoded, upload

MAP = "https://maps.example.com/here?a=1&b=2"


@pytest.fixture
def picture(db: None) -> Picture:
    return keep_picture(upload(encoded()), PictureKind.PHOTO)


@pytest.fixture
def night(event: Event, picture: Picture) -> Event:
    looks = {"picture": picture, "picture_alt": "Ada sings.", "summary": "A night.", "map_url": MAP}
    Event.objects.update(**looks)
    event.refresh_from_db()
    return event


def test_link_previews_and_search_engines_get_it(night: Event, picture: Picture, client: Client) -> None:
    page = client.get(night.get_absolute_url()).content.decode()
    said = dict(re.findall(r'<meta property="(og:image[\w:]*)" content="([^"]*)">', page))
    data: Any = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])

    address = f"http://testserver{picture.url()}"
    size = {"og:image:width": "1200", "og:image:height": "675"}
    assert said == {"og:image": address, "og:image:type": "image/jpeg", "og:image:alt": "Ada sings.", **size}
    assert data["image"] == [address]


def test_programs_get_it(night: Event, picture: Picture, client: Client) -> None:
    told = client.get(f"/api/events/{night.slug}").json()

    assert (told["picture"], told["summary"]) == (f"http://testserver{picture.url()}", "A night.")
    assert told["map_url"] == MAP


def test_without_them_programs_get_nothing_and_a_search(event: Event, client: Client) -> None:
    Event.objects.update(venue="Café & Bühne")

    told = client.get(f"/api/events/{event.slug}").json()

    assert (told["picture"], told["summary"]) == (None, "")
    assert told["map_url"] == "https://www.openstreetmap.org/search?query=Caf%C3%A9+%26+B%C3%BChne"


def test_copies_have_them_too(night: Event, picture: Picture) -> None:
    (copy,) = make_copies(night, [night.starts_at + timedelta(days=7)])

    assert (copy.picture, copy.picture_alt) == (picture, "Ada sings.")
    assert (copy.summary, copy.map_url) == ("A night.", MAP)


def test_a_description_changes_text_and_map_and_leaves_the_picture(night: Event, picture: Picture) -> None:
    follow({"slug": night.slug, "summary": "Another night.", "map_url": None})

    night.refresh_from_db()
    assert (night.summary, night.map_url, night.picture) == ("Another night.", "", picture)


@pytest.mark.parametrize("address", ["http://maps.example.com/", "javascript:alert(1)", "//maps.example.com"])
def test_a_map_is_at_an_https_address(event: Event, address: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.update(map_url=address)


def shown(event: Event) -> str:
    text = '{% load pictures %}{% event_picture event sizes="24rem" css="card-picture" %}'
    return Template(text).render(Context({"event": event}))


def test_the_tag_shows_what_was_uploaded_in_all_sizes(night: Event, picture: Picture) -> None:
    markup = shown(night)

    assert re.findall(r'<source type="(image/\w+)"', markup) == ["image/avif", "image/webp"]
    assert f'srcset="{picture.url(480, "avif")} 480w, {picture.url(960, "avif")} 960w' in markup
    assert 'width="1200" height="675" alt="Ada sings." loading="lazy"' in markup
    assert "style=" not in markup


def test_or_what_is_drawn_for_the_title(event: Event) -> None:
    markup = shown(event)

    assert f'<img src="{art_url(event.title)}" width="1600" height="900" alt="" loading="lazy"' in markup
