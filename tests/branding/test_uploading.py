"""Staff upload pictures in the forms of the admin, and pages show them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from bookings.models import Event
from branding.colours import by_day
from branding.models import Picture, Shop, shop
from branding.pictures.uploads import MOST_BYTES
from tests.bookings.events.test_visibility import fields_of
from tests.branding.pictures import decoded, draw, encoded, upload
from tests.support.staff import log_in, make_user, somebody_of


@pytest.fixture
def staff(db: None) -> Client:
    return log_in(make_user("Events"))


def save(staff: Client, event: Event, **changes: Any) -> Any:
    address = f"/admin/bookings/event/{event.pk}/change/"
    known = {"summary": event.summary, "picture_alt": event.picture_alt}
    return staff.post(address, fields_of(event, **{**known, **changes}))


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def test_an_event_gets_its_picture(staff: Client, event: Event, client: Client) -> None:
    answer = save(staff, event, upload=upload(encoded()), summary="A night.", picture_alt="Ada sings.")

    assert answer.status_code == 302
    event.refresh_from_db()
    assert event.picture
    assert (event.picture.width, event.picture.sizes, event.summary) == (1200, [480, 960, 1200], "A night.")
    page = staff.get(f"/admin/bookings/event/{event.pk}/change/").content.decode()
    assert f'src="{event.picture.url()}"' in page
    sent = client.get(event.picture.url(480, "avif"))
    assert (sent.status_code, sent["Content-Type"], decoded(sent.content).width) == (200, "image/avif", 480)


def test_the_same_upload_twice_is_one_picture(staff: Client, event: Event, media: Path) -> None:
    for _ in range(2):
        save(staff, event, upload=upload(encoded()))

    assert Picture.objects.count() == 1
    assert len([path for path in media.rglob("*") if path.is_file()]) == 9


def test_a_lost_file_comes_back_with_the_same_upload(staff: Client, event: Event, client: Client) -> None:
    save(staff, event, upload=upload(encoded()))
    picture = Picture.objects.get()
    default_storage.delete(picture.files[0])
    assert client.get(picture.url(480, "avif")).status_code == 404

    save(staff, event, upload=upload(encoded()))

    assert client.get(picture.url(480, "avif")).status_code == 200


def test_a_picture_is_taken_away(staff: Client, event: Event) -> None:
    save(staff, event, upload=upload(encoded()))

    save(staff, event, remove_picture="on")

    event.refresh_from_db()
    assert event.picture is None


def test_without_an_upload_the_picture_stays(staff: Client, event: Event) -> None:
    save(staff, event, upload=upload(encoded()))

    save(staff, event, summary="Another.")

    event.refresh_from_db()
    assert event.picture
    assert event.summary == "Another."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html><script>alert(1)</script>", "isn’t a picture"),
        (b"", "isn’t a picture"),
        (encoded()[:4000], "damaged"),
        (encoded(draw(100, 100)), "too small"),
        (b"\xff\xd8\xff" + b"\0" * MOST_BYTES, "too large"),
    ],
    ids=["HTML", "empty", "truncated", "small", "large"],
)
def test_what_is_no_picture_is_told_beside_its_field(
    staff: Client, event: Event, media: Path, data: bytes, words: str
) -> None:
    answer = save(staff, event, upload=upload(data, "../../evil.php"), summary="Not saved.")

    assert answer.status_code == 200
    assert words in errors(answer)["upload"][0]
    event.refresh_from_db()
    assert (event.picture, event.summary) == (None, "")
    assert not Picture.objects.exists()
    assert not media.exists()


@pytest.mark.parametrize("group", ["Door", "Box office", "Finance"])
def test_others_upload_nothing(group: str, event: Event, media: Path) -> None:
    somebody = somebody_of(group)
    sent = {"upload": upload(encoded()), "name": "Mine"}

    for address in (f"/admin/bookings/event/{event.pk}/change/", "/admin/branding/shop/add/"):
        assert somebody.post(address, sent).status_code == 403
    assert Client().post("/admin/branding/shop/add/", sent).status_code == 302
    assert not Picture.objects.exists()
    assert not media.exists()


def test_staff_choose_how_the_shop_looks(staff: Client, client: Client, event: Event) -> None:
    assert staff.get("/admin/branding/shop/")["Location"] == "/admin/branding/shop/add/"
    logo = upload(encoded(draw(400, 100, "RGBA"), "PNG"), "logo.png")
    look = {"name": "Schauspiel", "brand_colour": "#AA0000", "action_colour": "#ffcc00", "upload": logo}

    answer = staff.post("/admin/branding/shop/add/", {**look, "_continue": "1"}, follow=True)

    row = Shop.objects.get()
    assert (row.name, row.brand_colour, row.action_colour) == ("Schauspiel", "#aa0000", "#ffcc00")
    assert row.logo
    assert shop().logo == row.logo
    assert staff.get("/admin/branding/shop/")["Location"] == f"/admin/branding/shop/{row.pk}/change/"
    assert staff.get("/admin/branding/shop/add/").status_code == 403
    words = answer.content.decode()
    assert "Links use a darker shade, #" in words
    page = client.get("/").content.decode()
    assert f'<img src="{row.logo.url()}" width="400" height="100" alt="Schauspiel">' in page
    assert "Tickets by Admit" in page


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "", "#1234567", "url(x)"])
def test_what_is_no_colour_is_refused(staff: Client, colour: str) -> None:
    look = {"name": "Schauspiel", "brand_colour": colour, "action_colour": "#ffcc00"}

    answer = staff.post("/admin/branding/shop/add/", look)

    assert list(errors(answer)) == ["brand_colour"]
    assert not Shop.objects.exists()


PREVIEW = "/admin/branding/shop/preview/"


def test_colours_are_drawn_before_they_are_saved(staff: Client) -> None:
    chosen = {"name": "<b>Haus</b>", "brand_colour": "#AA0000", "action_colour": "#ffcc00"}

    drawn = staff.get(PREVIEW, chosen).content.decode()

    assert 'fill="#aa0000"' in drawn
    assert "&lt;b&gt;Haus" in drawn
    assert f"Links use a darker shade, {by_day('#aa0000', '#ffcc00').action_text}" in drawn
    assert not Shop.objects.exists()
    assert f'data-colours="{PREVIEW}"' in staff.get("/admin/branding/shop/add/").content.decode()


@pytest.mark.parametrize("colour", ["red", "#12345g", "", "#12345\x00", '"><script>'])
def test_what_is_no_colour_is_not_drawn(staff: Client, colour: str) -> None:
    answer = staff.get(PREVIEW, {"brand_colour": colour, "action_colour": "#ffcc00"})

    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize("is_saved", [False, True])
def test_colours_are_drawn_for_nobody_who_may_not_choose_them(db: None, is_saved: bool) -> None:
    chosen = {"name": "Haus", "brand_colour": "#aa0000", "action_colour": "#ffcc00"}
    if is_saved:
        Shop.objects.create(**chosen)

    for group in ("Door", "Box office", "Finance"):
        assert somebody_of(group).get(PREVIEW, chosen).status_code == 403
    assert Client().get(PREVIEW, chosen).status_code == 302
    assert log_in(make_user("Events")).post(PREVIEW, chosen).status_code == 405


@pytest.mark.parametrize("name", ["brand", "action"])
def test_a_colour_that_is_lost_on_the_paper_is_told(staff: Client, name: str) -> None:
    chosen = {"brand_colour": "#aa0000", "action_colour": "#224488"}

    well = staff.get(PREVIEW, chosen).content.decode()
    lost = staff.get(PREVIEW, {**chosen, f"{name}_colour": "#ffffff"}).content.decode()

    assert "hard to see" not in well
    assert f"The {name} colour is close to the paper’s" in lost
