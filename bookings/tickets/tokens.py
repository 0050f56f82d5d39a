"""
What a ticket's QR code says: a signed token that a door can check without a network.

A token is the base32 of 85 bytes: version (1), event id (4, big-endian), ticket code (16), and the Ed25519
signature of those 21 (64). Its 136 capital letters and digits fit a QR code's alphanumeric mode.
"""

import base64
import functools
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from bookings.models import Ticket
from bookings.references import reference_bytes

VERSION = 1
CLAIM = struct.Struct(">BI16s")


class InvalidToken(Exception):
    """The text isn't a token that was signed with this installation's key."""


class Claim(NamedTuple):
    """What a token says: which ticket, by its code, for which event, by its id."""

    event_id: int
    ticket_code: str


def sign(ticket: Ticket) -> str:
    """Return the token of ``ticket``: the same text each time, since Ed25519 has no randomness."""
    claim = CLAIM.pack(VERSION, ticket.seat.event_id, reference_bytes(ticket.code))
    return base64.b32encode(claim + signing_key().sign(claim)).decode().rstrip("=")


def read(token: str) -> Claim:
    """Return what ``token`` claims; raise ``InvalidToken`` unless this installation signed it."""
    try:
        content = base64.b32decode(token + "=" * (-len(token) % 8))
        claim, signature = content[: CLAIM.size], content[CLAIM.size :]
        signing_key().public_key().verify(signature, claim)
        version, event_id, code = CLAIM.unpack(claim)
    except (ValueError, InvalidSignature, struct.error) as error:
        raise InvalidToken from error
    if version != VERSION:
        raise InvalidToken
    return Claim(event_id, base64.b32encode(code).decode().rstrip("="))


@functools.cache
def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(settings.TICKET_SIGNING_KEY))
