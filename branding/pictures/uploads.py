"""What an upload must keep to before anybody looks into it, and the error for one that doesn't."""

from django.utils.translation import gettext as _

MEGABYTE = 1_000_000
MOST_BYTES = 15 * MEGABYTE
ENCODED_LIKE_THIS = 1  # To be raised with what changes the files: then the same upload is another picture.


class BadPicture(Exception):
    """This can't be taken as a picture; the message says why, and what to do."""


def require_few(size: int) -> None:
    """Raise ``BadPicture`` if ``size`` bytes are too many."""
    if size > MOST_BYTES:
        words = _("This file is too large. Upload one of %(most)d MB at most.")
        raise BadPicture(words % {"most": MOST_BYTES // MEGABYTE})
