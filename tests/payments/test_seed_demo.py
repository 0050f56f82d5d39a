"""The demo's events, which are made once, and sold as at the counter if that is wanted."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from bookings.demo.pictures import file_of
from bookings.demo.pictures.__main__ import finished
from bookings.demo.programme import PROGRAMME
from bookings.events.checks import examine
from bookings.models import Event
from branding.models import Picture, Shop
from payments.models import CounterSale, Till

pytestmark = pytest.mark.django_db


def seed(*options: str) -> list[str]:
    output = io.StringIO()
    call_command("seed_demo", "--plain", *options, stdout=output)
    return output.getvalue().splitlines()


def test_six_shows_are_made_once_and_nothing_of_them_is_sold(client: Client) -> None:
    first = seed()
    assert seed() == first

    assert [line.partition(",")[0] for line in first] == [
        "Demo Night",
        "Low Ceiling, Loud Night".partition(",")[0],
        *["The Cherry Orchard"] * 4,
        "Winter Sea: the Town Orchestra",
        "A Small Piano".partition(",")[0],
        "Open Rehearsal",
    ]
    assert all("places" in line for line in first)
    assert not CounterSale.objects.exists()
    big = Event.objects.get(slug="winter-sea")
    assert (big.seats.count(), list(big.areas.values_list("slug", flat=True))) == (500, ["stalls", "balcony"])
    pages = [client.get(event.get_absolute_url()).status_code for event in Event.objects.all()]
    assert pages == [200] * 9


def test_nothing_about_them_would_embarrass_a_house() -> None:
    seed()

    found = {finding.words for event in Event.objects.all() for finding in examine(event)}
    assert found <= {"There are no terms for buyers to accept. Publish them under Legal texts."}


def test_lively_sells_at_the_counter_and_only_once() -> None:
    seed("--lively")
    sold = CounterSale.objects.count()
    seed("--lively")

    assert CounterSale.objects.count() == sold
    left = {
        event.slug: (event.seats.count(), event.seats.free().count())
        for event in Event.objects.filter(slug__in=["demo-night", "small-piano", "loud-night"])
    }
    assert left["demo-night"] == (84, 42)
    assert left["small-piano"] == (18, 0)
    assert 100 < left["loud-night"][1] < 280
    assert set(CounterSale.objects.values_list("kind", flat=True)) == {"cash", "terminal", "free"}
    assert Till.objects.count() == 1
    output = io.StringIO()
    call_command("fsck", stdout=output)
    assert "rules, 0 findings, 0 left." in output.getvalue()


def test_dates_that_are_over_move_and_the_others_stay() -> None:
    seed()
    night = Event.objects.get(slug="demo-night")
    club: Any = Event.objects.filter(slug="loud-night").values().get()
    ago = timedelta(days=40)
    Event.objects.filter(pk=night.pk).update(
        starts_at=night.starts_at - ago,
        ends_at=night.ends_at - ago,
        doors_open_at=night.starts_at - ago,
        sales_from=night.sales_from - ago,
        sales_until=night.sales_until - ago,
        cancellable_until=night.starts_at - ago,
    )

    seed()

    night.refresh_from_db()
    assert night.sales_until > timezone.now()
    assert timedelta(days=28) < night.starts_at - timezone.now() < timedelta(days=31)
    assert Event.objects.filter(slug="loud-night").values().get() == club


def test_every_show_has_a_picture_and_it_is_what_the_code_draws() -> None:
    for show in PROGRAMME:
        with Image.open(file_of(show.slug)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (1600, 900))
    with Image.open(file_of("winter-sea")) as kept:
        assert finished("winter-sea").tobytes() == kept.convert("RGB").tobytes()


def test_a_show_has_its_picture_on_all_its_evenings_and_it_is_kept_once() -> None:
    for _twice in range(2):
        call_command("seed_demo", "--only=the-cherry-orchard", "--verbosity=0")

    (picture,) = Picture.objects.all()
    assert (picture.kind, picture.width, picture.height) == ("photo", 1600, 900)
    shown = set(Event.objects.values_list("picture", "picture_alt"))
    assert shown == {(picture.pk, "A branch of cherry blossom in front of a low sun")}
    assert Shop.objects.get().name == "The Little Theatre"


def test_a_picture_that_staff_have_chosen_stays() -> None:
    seed("--only=demo-night")
    chosen = Picture.objects.create(digest="0" * 32, kind="photo", width=1, height=1, sizes=[1])
    Event.objects.update(picture=chosen)
    call_command("seed_demo", "--only=demo-night", "--verbosity=0")

    assert Event.objects.get().picture == chosen
