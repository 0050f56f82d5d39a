"""
Sign and read the tokens in tickets' QR codes, which can be checked at the door without a network.

The first of ``TICKET_SIGNING_KEYS`` signs, and all verify: tickets in mails outlive a change of keys.
A token is 85 bytes in base32: version (1 byte), event id (4, big-endian), ticket code (16), and the Ed25519
signature of these 21 bytes (64). Its 136 capital letters and digits suit a QR code's alphanumeric mode.
"""

import base64
import functools
import hashlib
import struct
from contextlib import suppress
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from bookings.models import Ticket
from bookings.references import reference_bytes

VERSION = 1
CLAIM = struct.Struct(">BI16s")
DIGEST = 12  # bytes


class InvalidToken(Exception):
    """The text isn't a token signed with one of this installation's keys."""


class Claim(NamedTuple):
    """The content of a token: the event's id and the ticket's code."""

    event_id: int
    ticket_code: str


def sign(ticket: Ticket) -> str:
    """Return the token of ``ticket``, always the same one: Ed25519 signatures are deterministic."""
    claim = CLAIM.pack(VERSION, ticket.seat.event_id, reference_bytes(ticket.code))
    return base64.b32encode(claim + signing_keys()[0].sign(claim)).decode().rstrip("=")


def read(token: str) -> Claim:
    """Return the content of ``token``; raise ``InvalidToken`` unless this installation signed it."""
    try:
        content = base64.b32decode(token + "=" * (-len(token) % 8))
        claim, signature = content[: CLAIM.size], content[CLAIM.size :]
        _require_signed(claim, signature)
        version, event_id, code = CLAIM.unpack(claim)
    except (ValueError, InvalidSignature, struct.error) as error:
        raise InvalidToken from error
    if version != VERSION:
        raise InvalidToken
    return Claim(event_id, base64.b32encode(code).decode().rstrip("="))


def digest(code: str) -> str:
    """
    Return the digest by which door devices know a ticket's ``code``: 96 bits of its SHA-256, in hex.

    Whoever has a device's list can't open the tickets' pages with it.
    """
    return hashlib.sha256(code.encode()).digest()[:DIGEST].hex()


def _require_signed(claim: bytes, signature: bytes) -> None:
    """Raise ``InvalidSignature`` unless one of our keys has signed ``claim``."""
    *others, last = verifying_keys()
    for key in others:
        with suppress(InvalidSignature):
            key.verify(signature, claim)
            return
    last.verify(signature, claim)


@functools.cache
def signing_keys() -> list[Ed25519PrivateKey]:
    """Return this installation's keys; the first signs."""
    keys = map(base64.urlsafe_b64decode, settings.TICKET_SIGNING_KEYS)
    return [Ed25519PrivateKey.from_private_bytes(key) for key in keys]


@functools.cache
def verifying_keys() -> list[Ed25519PublicKey]:
    return [key.public_key() for key in signing_keys()]


def forget_keys() -> None:
    """Have the next one who signs or verifies read the settings."""
    signing_keys.cache_clear()
    verifying_keys.cache_clear()
