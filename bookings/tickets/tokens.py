"""
Sign and read the tokens in tickets' QR codes, which can be checked at the door without a network.

A token is 85 bytes in base32: version (1 byte), event id (4, big-endian), ticket code (16), and the Ed25519
signature of these 21 bytes (64). Its 136 capital letters and digits suit a QR code's alphanumeric mode.
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
    """The text isn't a token signed with this installation's key."""


class Claim(NamedTuple):
    """The content of a token: the event's id and the ticket's code."""

    event_id: int
    ticket_code: str


def sign(ticket: Ticket) -> str:
    """Return the token of ``ticket``, always the same one: Ed25519 signatures are deterministic."""
    claim = CLAIM.pack(VERSION, ticket.seat.event_id, reference_bytes(ticket.code))
    return base64.b32encode(claim + signing_key().sign(claim)).decode().rstrip("=")


def read(token: str) -> Claim:
    """Return the content of ``token``; raise ``InvalidToken`` unless this installation signed it."""
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
