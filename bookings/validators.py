"""Validate the names and email addresses that customers enter."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
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
    if not all(map(_is_readable, name)) or not any(map(_is_visible, name)):
        raise ValidationError(_("Please write the name in one line, in characters that can be read."))
    name = unicodedata.normalize("NFC", " ".join(DOT_BEFORE_WORD.sub(r"\1 ", name).split()))
    if CONTACT.search(name) or len(name) > LONGEST_NAME:
        raise ValidationError(_("Please write only a name, without an address or a telephone number."))
    return name


def _is_readable(character: str) -> bool:
    return unicodedata.category(character) not in UNREADABLE and character not in REORDERING


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def require_mailable(email: str) -> None:
    """
    Raise ``ValidationError`` for addresses that Django accepts but that no email can be sent to.

    They have quoted control characters or non-ASCII letters before the @, or a domain that can't be encoded
    for the DNS. Addresses that Django itself refuses pass here, or the customer would see two errors.
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
