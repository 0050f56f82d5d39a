"""The pictures that are drawn for events without one, and the addresses of everything that never changes."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import Event
from branding.art import art_url, draw, seed_of
from branding.models import ACTION, BRAND, Shop
from branding.stylesheet import sheet_of, version_of

seeds = st.integers(0, 16**12 - 1).map("{:012x}".format)
colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
IMMUTABLE = "public, max-age=31536000, immutable"


@given(seeds, colours, colours)
def test_a_drawing_is_small_whole_and_runs_nothing(seed: str, brand: str, action: str) -> None:
    drawing = draw(seed, brand, action)

    assert len(drawing) <= 4096
    shapes = list(ElementTree.fromstring(drawing).iter())
    assert {shape.tag.rpartition("}")[2] for shape in shapes} <= {"svg", "g", "path", "circle", "ellipse"}
    assert "nan" not in drawing
    draw.cache_clear()
    assert draw(seed, brand, action) == drawing


def test_titles_differ_and_dates_of_one_production_do_not() -> None:
    assert len({draw(seed_of(f"Night {n}"), BRAND, ACTION) for n in range(100)}) == 100
    assert seed_of("Hamlet") == seed_of("HAMLET")


def test_it_is_served_for_ever_to_everybody(client: Client) -> None:
    answer = client.get(art_url("Hamlet"))

    assert answer.content.decode() == draw(seed_of("Hamlet"), BRAND, ACTION)
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == IMMUTABLE
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.has_header("Vary")


def test_an_address_of_other_code_is_kept_a_minute(client: Client) -> None:
    """While a new version is started, old pages ask new processes, and the other way round."""
    address = re.sub(r"-[0-9a-f]{12}\.svg", "-000000000000.svg", art_url("Hamlet"))

    assert client.get(address)["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    "address",
    [
        "/art/x.svg",
        "/art/0123456789ab-f6b91c-3b2fb8-000000000000.png",
        "/art/0123456789AB-f6b91c-3b2fb8-000000000000.svg",
        "/branding/f6b91c-url(x)-000000000000.css",
        "/pictures/",
        f"/pictures/{'0' * 32}/480.svg",
        f"/pictures/{'0' * 32}/480.html",
        f"/pictures/{'0' * 31}/480.jpg",
        f"/pictures/{'0' * 32}/480.jpg",
        f"/pictures/{'0' * 32}/{'9' * 300}.jpg",
        "/pictures/../settings.py",
        "/pictures/%2e%2e/%2e%2e/manage.py",
        "/pictures/%00/480.jpg",
    ],
)
def test_there_is_nothing_else(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_shop_with_other_colours_sends_them_after_all_sheets(client: Client, event: Event) -> None:
    assert "/branding/" not in client.get("/").content.decode()

    Shop.objects.create(brand_colour="#aa0000", action_colour="#ffcc00")
    page = client.get("/").content.decode()

    sheet = sheet_of("#aa0000", "#ffcc00")
    address = f"/branding/aa0000-ffcc00-{version_of(sheet)}.css"
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
    assert links[-1] == address
    answer = client.get(address)
    assert answer.content.decode() == sheet
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/css; charset=utf-8", IMMUTABLE)
    assert "--brand: #aa0000;" in sheet


def test_a_change_of_the_shop_shows_at_once(client: Client, event: Event) -> None:
    row = Shop.objects.create(name="Schauspiel")
    assert 'content="Schauspiel"' in client.get(event.get_absolute_url()).content.decode()

    row.name = "Staatstheater"
    row.save(update_fields=["name"])

    assert 'content="Staatstheater"' in client.get(event.get_absolute_url()).content.decode()
