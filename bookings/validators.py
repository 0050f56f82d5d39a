"""Validate the names that customers enter; for their addresses see ``bookings.addresses``."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Unicode categories: control characters, surrogates, line and paragraph separators.
UNREADABLE = {"Cc", "Cs", "Zl", "Zp"}
# These characters reverse the direction of the text after them, so door staff would read another name.
REORDERING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
# The shop's mails carry names to whatever address was typed beside them. So a name is no place to send people
# to: no address, no telephone number. "2nd" and "1948" are fine.
CONTACT = re.compile(r"@|//|\\|\bwww\b|(?:\d[^\w]*){7}", re.IGNORECASE)
# Mail programs make a link of "example.com", but not of "example. com"; "Dr.Bell" only gets its space.
DOT_BEFORE_WORD = re.compile(r"(?<=\w)([.\u2024\u3002\uff0e\uff61])(?=[^\W\d_]{2})")
LONGEST_NAME = 200


def clean_name(text: str) -> str:
    """
    Return ``text`` as a name on one line, with single spaces, also after abbreviations, and composed (NFC).

    Raise ``ValidationError`` if it is unreadable or has several lines, which could pass for the shop's own
    text in an email, or if it says where to go or whom to call.
    """
    name = text.strip().replace("\t", " ")
    if not all(map(is_readable, name)) or not any(map(_is_visible, name)):
        raise ValidationError(_("Please write the name in one line, in characters that can be read."))
    name = unicodedata.normalize("NFC", " ".join(DOT_BEFORE_WORD.sub(r"\1 ", name).split()))
    if CONTACT.search(name) or len(name) > LONGEST_NAME:
        raise ValidationError(_("Please write only a name, without an address or a telephone number."))
    return name


def is_readable(character: str) -> bool:
    """Return whether ``character`` may be in a name: it neither ends the line nor turns the text around."""
    return unicodedata.category(character) not in UNREADABLE and character not in REORDERING


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"
