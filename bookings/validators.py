"""Validate the names that customers enter; for their addresses see ``bookings.addresses``."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Unicode categories: control characters, surrogates, line and paragraph separators.
UNREADABLE = {"Cc", "Cs", "Zl", "Zp"}
# These characters reverse the direction of the text after them, so door staff would read another name.
REORDERING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def clean_name(text: str) -> str:
    """
    Return ``text`` as a name on one line, with single spaces.

    Raise ``ValidationError`` if it is unreadable or has several lines, which could pass for the shop's own
    text in an email.
    """
    name = text.strip().replace("\t", " ")
    if not all(map(is_readable, name)) or not any(map(_is_visible, name)):
        raise ValidationError(_("Please write the name in one line, in characters that can be read."))
    return " ".join(name.split())


def is_readable(character: str) -> bool:
    """Return whether ``character`` may be in a name: it neither ends the line nor turns the text around."""
    return unicodedata.category(character) not in UNREADABLE and character not in REORDERING


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"
