"""Generate references for bookings and tickets. Long ones are secrets: knowing one gives access."""

import base64
import hashlib
import hmac
import re
import secrets

from django.conf import settings

REFERENCE = re.compile(r"[A-Z2-7]{26}")
SPOKEN_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # I, L, O, U, 0 and 1 are easily misheard or misread.


def new_reference() -> str:
    """Return 128 random bits in base32 (26 capital letters and digits), for a URL or a QR code."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def derived_reference(*parts: str) -> str:
    """
    Return a reference that follows from ``parts`` and the key that signs, the same each time.

    Without the key it is as hard to guess as a random one.
    """
    key = base64.urlsafe_b64decode(settings.TICKET_SIGNING_KEYS[0])
    digest = hmac.digest(key, "\0".join(("reference", *parts)).encode(), hashlib.sha256)
    return base64.b32encode(digest[:16]).decode().rstrip("=")


def reference_bytes(reference: str) -> bytes:
    """Return the 16 bytes of a reference; raise ``ValueError`` if the text isn't one."""
    if not REFERENCE.fullmatch(reference):
        raise ValueError("A reference has 26 capital letters and digits from 2 to 7.")
    return base64.b32decode(reference + "======")


def new_spoken_reference() -> str:
    """Return a reference to read out at the box office, such as ``K7QF-3MXN``. It isn't a secret."""
    letters = "".join(secrets.choice(SPOKEN_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
