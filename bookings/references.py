"""Names that are also secrets: whoever knows one may see what it names."""

import base64
import re
import secrets

REFERENCE = re.compile(r"[A-Z2-7]{26}")
SPOKEN_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # Without what is misheard or misread: I, L, O, U, 0, 1.


def new_reference() -> str:
    """Return 128 random bits as 26 upper-case letters and digits (base32), for a URL or a QR code."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def reference_bytes(reference: str) -> bytes:
    """Return the 16 bytes that ``reference`` spells; raise ``ValueError`` if it spells something else."""
    if not REFERENCE.fullmatch(reference):
        raise ValueError("A reference has 26 capital letters and digits from 2 to 7.")
    return base64.b32decode(reference + "======")


def new_spoken_reference() -> str:
    """Return eight characters to read out at a box office, such as ``K7QF-3MXN``. Not a secret."""
    letters = "".join(secrets.choice(SPOKEN_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
