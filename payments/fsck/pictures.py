"""Rules: an uploaded picture has its files, and files belong to one."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from branding.pictures.tidying import KEPT, find_incomplete, find_stray

from .violations import Violation, rule


@rule
def picture_without_files() -> Iterator[Violation]:
    """Pictures that pages ask for in vain: the storage isn't the one that the database belongs to."""
    for picture in find_incomplete():
        words = "misses a file in the storage: upload it again, or restore the storage from its backup"
        yield Violation("picture_without_files", f"picture {picture.digest}", words)


@rule
def files_without_a_picture() -> Iterator[Violation]:
    """Files that the nightly job should have deleted."""
    for folder in find_stray(timezone.now() - KEPT - timedelta(days=1)):
        words = "belongs to no picture: does the worker run?"
        yield Violation("files_without_a_picture", folder, words)
