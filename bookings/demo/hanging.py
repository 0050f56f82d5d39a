"""The pictures of the demo's events, taken in as if staff had uploaded them."""

from collections.abc import Mapping

from django.core.files.uploadedfile import SimpleUploadedFile

from bookings.demo.pictures import file_of
from bookings.demo.programme import PROGRAMME
from bookings.models import Event
from branding.models import Picture, PictureKind
from branding.pictures.storing import keep_picture


def keep_pictures(only: str | None = None) -> dict[str, Picture]:
    """Return the pictures by the slugs of their shows. A new one is encoded in all sizes, in a second."""
    slugs = [show.slug for show in PROGRAMME if only in (None, show.slug)]
    return {slug: keep_picture(_upload(slug), PictureKind.PHOTO) for slug in slugs}


def hang(pictures: Mapping[str, Picture], programme: Mapping[str, list[Event]]) -> None:
    """Give each event without a picture the one of its show."""
    for show in PROGRAMME:
        if show.slug in pictures:
            events = Event.objects.filter(pk__in=[event.pk for event in programme[show.slug]], picture=None)
            events.update(picture=pictures[show.slug], picture_alt=show.alt)


def _upload(slug: str) -> SimpleUploadedFile:
    file = file_of(slug)
    return SimpleUploadedFile(file.name, file.read_bytes(), "image/webp")
