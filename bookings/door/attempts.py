"""An attempt at the door as a device sent it, and what can be read of it without the database."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from bookings.models import Direction, ScanKind
from bookings.tickets import tokens
from bookings.tickets.tokens import Claim, InvalidToken

TOKEN_LENGTH = 136


@dataclass(frozen=True)
class Attempt:
    """
    One element of a device's list.

    It has a ``token``, as in the QR code, or a ``digest``, by which the device knows a ticket in its list.
    ``at`` is when it was scanned, by our clock. ``shown`` is the verdict that the device has given itself.
    ``override`` is why a supervisor lets somebody in all the same.
    """

    nonce: UUID
    token: str
    digest: str
    direction: Direction
    kind: ScanKind
    scanned_at: datetime
    at: datetime
    is_offline: bool = False
    shown: str = ""
    gate: str = ""
    person: str = ""
    override: str = ""
    event_id: int | None = None

    @property
    def content(self) -> str:
        """A digest of what makes it this attempt: the same nonce with another content is another attempt."""
        parts = [self.token, self.digest, self.direction, self.scanned_at.isoformat(), self.override]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def claim(self) -> Claim | None:
        """Return what its token says, if we have signed that."""
        try:
            return tokens.read(self.token)
        except InvalidToken:
            return None


def explain_unreadable(text: str) -> str:
    """Say what a text seems to be that is no token of ours; nothing if nobody can tell."""
    plain = text.strip()
    if plain.lower().startswith(("http:", "https:", "www.")):
        return _("It’s a web address. Ask for the ticket and scan its QR code.")
    if plain != plain.upper() and len(plain) == TOKEN_LENGTH:
        return _("It’s in lower case. Check the scanner’s keyboard setting.")
    if plain.isalnum() and plain.isascii() and 20 <= len(plain) < TOKEN_LENGTH:
        return _("It’s cut off. Scan the whole code again.")
    return ""
