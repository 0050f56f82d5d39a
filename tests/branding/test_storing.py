"""Pictures in a folder, and in a store that speaks S3: the same rules for both."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from bookings.models import Event
from branding.models import Picture, PictureKind, Shop
from branding.pictures.storing import keep_picture
from branding.pictures.tidying import tidy
from branding.tasks import tidy_pictures
from config.media import FOLDER, media_storage
from payments.fsck import Violation, inspect
from tests.branding import bucket
from tests.branding.pictures import decoded, draw, encoded, upload

KEY = "AKIAEXAMPLE"
LONG_AGO = timedelta(days=3)


@pytest.fixture(params=["folder", "s3"])
def store(request: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "folder":
        yield request.param
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with bucket.running(KEY) as running:
        address = f"s3://shop/media?endpoint={quote(running.url)}&region=eu-central-1"
        settings.STORAGES = {**settings.STORAGES, "default": media_storage(address)}
        yield request.param


def keep(data: bytes | None = None) -> Picture:
    return keep_picture(upload(data or encoded()), PictureKind.PHOTO)


def found() -> list[Violation]:
    return [it for it in inspect() if "picture" in it.rule]


def test_a_picture_is_kept_and_served(store: str, client: Client, db: None) -> None:
    picture = keep()

    assert keep() == picture
    for width in picture.sizes:
        for ending, kind in picture.formats.items():
            answer = client.get(picture.url(width, ending))
            assert (answer.status_code, answer["Content-Type"]) == (200, kind)
            assert decoded(answer.content).width == width
            assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer["Content-Security-Policy"].endswith("sandbox")
            assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(picture.url(481, "jpg")).status_code == 404
    assert client.post(picture.url()).status_code == 405
    assert found() == []


def test_a_lost_file_is_found_and_comes_back_with_the_same_upload(store: str, db: None) -> None:
    picture = keep()
    default_storage.delete(picture.files[3])

    assert [it.subject for it in found()] == [f"picture {picture.digest}"]
    keep()
    assert found() == []


def test_what_was_half_written_is_written_again(store: str, client: Client, db: None) -> None:
    picture = keep()
    name, whole = picture.files[0], client.get(picture.url(480, "avif")).content
    picture.delete()
    default_storage.save(name, ContentFile(whole[:50]))

    again = keep()

    assert client.get(again.url(480, "avif")).content == whole


def test_what_nothing_shows_is_deleted_after_a_day(store: str, event: Event) -> None:
    used, logo, unused, recent = (keep(encoded(draw(300 + number, 300))) for number in range(4))
    Event.objects.update(picture=used)
    Shop.objects.create(logo=logo)
    Picture.objects.exclude(pk=recent.pk).update(created_at=timezone.now() - LONG_AGO)

    tidy_pictures(timestamp=0)

    assert set(Picture.objects.all()) == {used, logo, recent}
    assert not any(default_storage.exists(name) for name in unused.files)
    assert found() == []


def test_files_without_a_row_are_found_and_deleted(store: str, settings: Any, db: None) -> None:
    picture = keep()
    picture.delete()
    tidy()
    assert default_storage.exists(picture.files[0])  # Perhaps it is being uploaded.

    with time_machine.travel(timezone.now() + LONG_AGO, tick=False):
        assert [it.subject for it in found()] == [f"pictures/{picture.digest}"]
        tidy()
        assert found() == []
    assert not default_storage.exists(picture.files[0])


@pytest.mark.parametrize(
    "address",
    [
        "bucket",
        "https://s3.example.com/bucket",
        "s3://",
        "s3://key:secret@bucket",
        "s3://b?acl=public",
        "s3://b?endpoint=x",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MEDIA_STORAGE is not an address"):
        media_storage(address)


def test_without_an_address_it_is_a_folder() -> None:
    assert media_storage("") == FOLDER
