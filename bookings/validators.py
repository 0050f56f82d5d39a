"""What customers say of themselves: a name to be read at the door, and an address to write to."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

# Control characters, halves of a character, and the ends of lines and paragraphs.
UNREADABLE = {"Cc", "Cs", "Zl", "Zp"}
# They turn around the order of what follows: at the door, another name would be read.
REORDERING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def clean_name(text: str) -> str:
    """
    Return ``text`` as a name: in one line, with single blanks.

    Raise ``ValidationError`` where it would be several lines, which in a mail could be taken for the shop's
    own words, or nothing that anybody can read.
    """
    name = text.strip().replace("\t", " ")
    if not all(map(_is_readable, name)) or not any(map(_is_visible, name)):
        raise ValidationError(_("Please write the name in one line, in characters that can be read."))
    return " ".join(name.split())


def _is_readable(character: str) -> bool:
    return unicodedata.category(character) not in UNREADABLE and character not in REORDERING


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def require_mailable(email: str) -> None:
    """
    Raise ``ValidationError`` for what Django takes for an address, and no mail can be sent to.

    Control characters in quotes, letters beyond ASCII before the @, and domains that have no name in the DNS.
    What Django refuses by itself is left to it, so that nobody reads the same sentence twice.
    """
    try:
        validate_email(email)
    except ValidationError:
        return
    local, _at, domain = email.rpartition("@")
    if not (local.isascii() and local.isprintable() and _is_encodable(domain)):
        raise ValidationError(str(validate_email.message), code="invalid")


def _is_encodable(domain: str) -> bool:
    try:
        domain.encode("idna")
    except UnicodeError:
        return False
    return True
