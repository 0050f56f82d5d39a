"""A production's picture, and the dates that show it because they have none of their own."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.events.copying import make_copies
from bookings.mail.emails import compose
from bookings.models import Booking, Event, Production
from branding.art import art_url
from branding.models import Picture, PictureKind
from branding.pictures.storing import keep_picture
from branding.pictures.tidying import tidy
from tests.branding.pictures import draw, encoded, upload
from tests.support.shop import make_event
from tests.support.staff import log_in, make_user, somebody_of


@pytest.fixture
def run(event: Event) -> list[Event]:
    """Two dates of one production, neither with a picture."""
    copies = make_copies(event, [event.starts_at + timedelta(days=7)])
    Event.objects.update(visibility="published")
    return list(Event.objects.filter(pk__in=[event.pk, *(it.pk for it in copies)]).order_by("starts_at"))


def keep(number: int = 0) -> Picture:
    return keep_picture(upload(encoded(draw(1200 + number, 675))), PictureKind.PHOTO)


def save(staff: Client, production: Production, **changes: Any) -> Any:
    known = {"title": production.title, "slug": production.slug, "description": production.description}
    address = f"/admin/bookings/production/{production.pk}/change/"
    return staff.post(address, {**known, "picture_alt": production.picture_alt, **changes})


def test_staff_upload_it_and_take_it_away(run: list[Event], client: Client) -> None:
    staff, production = log_in(make_user("Events")), Production.objects.get()

    assert save(staff, production, upload=upload(encoded()), picture_alt="A hall.").status_code == 302

    production.refresh_from_db()
    assert production.picture
    assert production.picture_alt == "A hall."
    of_date = f"/admin/bookings/event/{run[0].pk}/change/"
    assert "The picture of its production." in staff.get(of_date).content.decode()

    save(staff, production, remove_picture="on")

    production.refresh_from_db()
    assert production.picture is None
    assert "Drawn for this title" in staff.get(of_date).content.decode()


@pytest.mark.parametrize("group", ["Door", "Box office", "Finance"])
def test_others_upload_nothing(group: str, run: list[Event], media: Path) -> None:
    answer = save(somebody_of(group), Production.objects.get(), upload=upload(encoded()))

    assert answer.status_code in (302, 403)
    assert not Picture.objects.exists()
    assert not media.exists()


def test_a_date_without_a_picture_shows_it_wherever_a_picture_is_shown(
    run: list[Event], client: Client
) -> None:
    picture, own = keep(), keep(1)
    Production.objects.update(picture=picture, picture_alt="A hall.")
    Event.objects.filter(pk=run[1].pk).update(picture=own, picture_alt="Ada sings.")
    first, second = (client.get(it.get_absolute_url()).content.decode() for it in run)
    programme, dates = (client.get(at).content.decode() for at in ("/", f"/productions/{run[0].slug}/"))

    for page in (first, programme, dates):
        assert f'src="{picture.url()}"' in page
        assert 'alt="A hall."' in page
    assert f'content="http://testserver{picture.url()}"' in first
    assert f'content="http://testserver{picture.url()}"' in dates
    assert f'src="{own.url()}"' in second
    assert picture.digest not in second
    told = [client.get(f"/api/events/{it.slug}").json()["picture"] for it in run]
    assert told == [f"http://testserver{it.url()}" for it in (picture, own)]


def test_its_mails_show_it(run: list[Event]) -> None:
    picture = keep()
    Production.objects.update(picture=picture)
    booking = Booking(event=Event.objects.get(pk=run[0].pk), email="ada@example.com", name="Ada")

    mail = compose(booking, "notice", {"subject": "News", "paragraphs": ["News."]}, name="news")

    assert f"http://testserver{picture.url(1200)}" in str(mail.alternatives[0])


def test_without_one_each_date_is_drawn(run: list[Event], client: Client) -> None:
    page = client.get(run[0].get_absolute_url()).content.decode()

    assert f'src="{art_url(run[0].title)}"' in page


def test_what_a_production_shows_is_not_tidied_away(run: list[Event]) -> None:
    used, unused = keep(), keep(1)
    Production.objects.update(picture=used)
    Picture.objects.update(created_at=timezone.now() - timedelta(days=2))

    tidy()

    assert list(Picture.objects.all()) == [used]
    assert unused.pk != used.pk


def test_pictures_of_many_productions_cost_as_many_statements_as_one(client: Client, db: None) -> None:
    def count(number: int) -> int:
        for each in range(number):
            event = make_event(slug=f"night-{number}-{each}", title=f"Night {number} {each}")
            slug = f"run-{number}-{each}"
            event.production = Production.objects.create(title=slug, slug=slug, picture=keep(each))
            event.save(update_fields=["production"])
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    assert count(1) == count(3)
