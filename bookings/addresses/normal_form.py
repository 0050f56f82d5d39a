"""
The form of an address that is stored, compared and sent to, and the one that people read.

An address is brought into its normal form once, at the door, by the fields beside this module: what comes
before the @ stays as it was typed, and the domain is as the DNS has it. So nothing that sends it has to
encode it, each library in its own way.
"""

import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from bookings.validators import is_readable
from config.i18n.domains import decode_domain, encode_domain

LONGEST = 254  # https://www.rfc-editor.org/errata/eid1690
LONGEST_LOCAL = 64  # https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1
# https://www.rfc-editor.org/rfc/rfc6761 and https://www.iana.org/assignments/special-use-domain-names
RESERVED = {"alt", "example", "internal", "invalid", "local", "localhost", "onion", "test"}
FULLWIDTH_AT = "\uff20"
A_LABEL = "xn--"  # how a label begins that was encoded

syntax = EmailValidator(allowlist=[])


def normalize_address(typed: str) -> str:
    """
    Return a typed address in its normal form; raise ``ValidationError`` with the reason if it can't receive.

    Nothing is looked up: a request must not wait for somebody's name server.
    """
    local, domain = _parts(typed)
    _require_local(local)
    try:
        domain = encode_domain(domain)
    except ValueError as error:
        words = _("There can be no domain “%(domain)s”. Please check what comes after the @.")
        raise ValidationError(words % {"domain": domain[:60]}, code="invalid") from error
    _require_public(domain)
    address = f"{local}@{domain}"
    if len(address) > LONGEST:
        raise ValidationError(_("An email address has at most 254 characters."), code="too_long")
    if not _is_host(domain):
        syntax(address)
    return address


def _parts(typed: str) -> tuple[str, str]:
    """Return what comes before and after the @, without what copying has left around them."""
    if len(typed) > 4 * LONGEST:
        raise ValidationError(_("An email address has at most 254 characters."), code="too_long")
    characters = unicodedata.normalize("NFC", typed).replace(FULLWIDTH_AT, "@")
    while characters and _is_around(characters[0]):
        characters = characters[1:]
    while characters and _is_around(characters[-1]):
        characters = characters[:-1]
    local, at, domain = characters.rpartition("@")
    if not (local and at and domain and all(map(is_readable, characters))):
        raise ValidationError(str(syntax.message), code="invalid")
    return local, domain


def _is_around(character: str) -> bool:
    """Whether a character is a space, or an invisible one that contact lists put around an address."""
    return character.isspace() or unicodedata.category(character) == "Cf"


def _require_local(local: str) -> None:
    foreign = "".join(dict.fromkeys(letter for letter in local if not letter.isascii()))
    if foreign and foreign.isprintable():
        words = _("Mail doesn’t reach addresses with “%(letters)s” before the @. Please give another one.")
        raise ValidationError(words % {"letters": foreign[:20]}, code="not_ascii")
    if not local.isascii() or not local.isprintable():
        raise ValidationError(str(syntax.message), code="invalid")
    if len(local) > LONGEST_LOCAL:
        raise ValidationError(_("At most 64 characters can come before the @."), code="too_long")


def _require_public(domain: str) -> None:
    """Refuse a domain that no mail can be delivered to from here, if mail really leaves."""
    if domain.startswith("["):
        raise ValidationError(str(syntax.message), code="invalid")
    if settings.RESERVED_DOMAINS_ALLOWED:
        return
    _host, dot, ending = domain.rpartition(".")
    if not dot:
        raise ValidationError(
            _("Please write the whole domain after the @, such as example.com."), code="incomplete"
        )
    if ending in RESERVED:
        words = _("Mail can’t be delivered to addresses that end in “.%(ending)s”. Please check it.")
        raise ValidationError(words % {"ending": ending}, code="reserved")


def _is_host(domain: str) -> bool:
    """Whether it is the name of a machine nearby, which is good enough while the shop is tried out."""
    return domain == "localhost" and settings.RESERVED_DOMAINS_ALLOWED


def normal_form(address: str) -> str:
    """Return ``address`` in its normal form; as it is if it has none, such as in evidence from elsewhere."""
    local, at, domain = address.strip().rpartition("@")
    try:
        return f"{local}{at}{encode_domain(domain)}" if at else address
    except ValueError:
        return address


def comparable(address: str) -> str:
    """Return what is equal for two ways to write the same address: its normal form in small letters."""
    return normal_form(address).lower()


def readable(address: str) -> str:
    """Return ``address`` as people read it, with the domain in its own script."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{decode_domain(domain)}" if at and A_LABEL in domain else address


def beginning(typed: str) -> str:
    """
    Return how the comparable form of an address begins that begins like ``typed``.

    The end of a domain may be missing. If it is in another script, it can't be encoded before it is whole,
    and the part before that has to do.
    """
    local, at, domain = typed.strip().lower().rpartition("@")
    if not at or domain.isascii():
        return f"{local}{at}{domain}"
    whole, dot, rest = domain.rpartition(".")
    if dot and rest.isascii():
        return comparable(f"{local}@{whole}") + f".{rest}"
    return f"{comparable(f'{local}@{whole}.') if dot else f'{local}@'}{A_LABEL}"
