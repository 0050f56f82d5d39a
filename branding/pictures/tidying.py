"""Rows and files that belong together, and what nobody needs any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils import timezone

from branding.models import Picture
from branding.models.picture import FOLDER

KEPT = timedelta(days=1)  # that a picture may be unused, and files without a row: a form may be open


def find_incomplete() -> Iterator[Picture]:
    """Yield the pictures of which a file is missing in the storage. The same upload brings it back."""
    for picture in Picture.objects.order_by("pk"):
        known = set(_list(f"{FOLDER}/{picture.digest}")[1])
        if any(name.rpartition("/")[2] not in known for name in picture.files):
            yield picture


def find_stray(before: datetime) -> Iterator[str]:
    """Yield the folders of pictures that have no row, the files in which were written before ``before``."""
    digests = _list(FOLDER)[0]
    known = set(Picture.objects.filter(digest__in=digests).values_list("digest", flat=True))
    for digest in sorted(set(digests) - known):
        folder = f"{FOLDER}/{digest}"
        written = (default_storage.get_modified_time(f"{folder}/{name}") for name in _list(folder)[1])
        if all(at < before for at in written):
            yield folder


def tidy() -> None:
    """Delete pictures that nothing has had for a day, and files that belong to none."""
    before = timezone.now() - KEPT
    for picture in Picture.objects.unused(before):
        try:
            picture.delete()
        except (ProtectedError, IntegrityError):  # Somebody has taken it at this moment.
            continue
        _delete(f"{FOLDER}/{picture.digest}")
    for folder in find_stray(before):
        _delete(folder)


def _delete(folder: str) -> None:
    for name in _list(folder)[1]:
        default_storage.delete(f"{folder}/{name}")
    default_storage.delete(folder)  # Where folders exist by themselves, this one is empty now.


def _list(folder: str) -> tuple[list[str], list[str]]:
    """Return the folders and the files in ``folder``."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
