"""An event whose doors are open, its tickets, and phones at the door."""

import base64
import hashlib
import json
import os
import secrets
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import BrowserContext

from tests.browser.support.stack import SIGNING_KEY, Shop
from tests.support.paths import ROOT
from tests.support.patience import wait_for

SLUG = "open-doors"
ORDER = 20  # seats, the most in one
WHO = {"organiser_name": "The Cellar", "organiser_email": "box-office@example.com"}
KEY = Ed25519PrivateKey.from_private_bytes(SIGNING_KEY)
CLAIM = struct.Struct(">BI16s")
TICKETS = """
    SELECT seat.label, ticket.code, seat.event_id FROM bookings_ticket AS ticket
      JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
      JOIN bookings_event AS event ON event.id = seat.event_id
     WHERE event.slug = %s AND ticket.status = 'valid'
     ORDER BY seat.id
"""
PAIR = """
    INSERT INTO bookings_device (name, role, gate, code_hash, code_until, secret_hash, made_at, paired_at,
        expires_at, list_version, queued, skew_ms, allowance, allowed_at)
    VALUES (%s, %s, %s, '', now(), %s, now(), now(), now() + interval '1 day', '', 0, 0, 200, now())
    RETURNING id
"""
ALLOW = "INSERT INTO bookings_device_events (device_id, event_id) VALUES (%s, %s) RETURNING id"
REVOKE = "UPDATE bookings_device SET revoked_at = now() WHERE secret_hash = %s RETURNING id"


@dataclass(frozen=True)
class Guest:
    """Somebody with a ticket."""

    seat: str
    code: str
    token: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.code.encode()).digest()[:12].hex()


class OpenDoors:
    """The event, with ``guests`` who have a ticket each, twenty in a booking."""

    def __init__(self, shop: Shop, seats: int) -> None:
        self.shop = shop
        self._describe(seats)
        for first in range(1, seats + 1, ORDER):
            self._sell([f"A-{number}" for number in range(first, min(first + ORDER, seats + 1))])
        rows = wait_for(lambda: self._tickets(seats), "tickets for the open doors")
        self.event = int(rows[0][2])
        guests = [Guest(seat, code, self.token(code)) for seat, code, _event in rows]
        self.guests: Iterator[Guest] = iter(guests)

    def _sell(self, seats: list[str]) -> None:
        wish = {"event": SLUG, "seats": seats, "name": "Ada Lovelace", "email": "ada.at.the.door@example.com"}
        sold = httpx.post(f"{self.shop.site}/api/checkout", json=wish).raise_for_status().json()
        self.shop.stripe.pay(str(sold["session_id"]))

    def _tickets(self, number: int) -> list[tuple[Any, ...]]:
        rows = self.shop.rows(TICKETS, SLUG)
        return rows if len(rows) == number else []

    @property
    def key(self) -> str:
        """The public key that verifies tickets, in base64."""
        return base64.b64encode(KEY.public_key().public_bytes_raw()).decode()

    def token(self, code: str) -> str:
        claim = CLAIM.pack(1, self.event, base64.b32decode(code + "======"))
        return base64.b32encode(claim + KEY.sign(claim)).decode()

    def pair(self, context: BrowserContext, *, gate: str, role: str = "steward") -> None:
        """Make ``context`` a paired phone."""
        secret = secrets.token_urlsafe(32)
        [(device,)] = self.shop.rows(PAIR, f"Phone {gate}", role, gate, _hash(secret))
        self.shop.rows(ALLOW, device, self.event)
        context.add_cookies([{"name": "door", "value": secret, "url": self.shop.site}])

    def revoke(self, context: BrowserContext) -> None:
        """Have the phone not be paired any more."""
        [secret] = [cookie["value"] for cookie in context.cookies() if cookie.get("name") == "door"]
        assert self.shop.rows(REVOKE, _hash(secret))

    def scans(self, guest: Guest) -> list[tuple[Any, ...]]:
        """Return verdict, shown and whether it was offline, of all scans of a guest's ticket."""
        query = "SELECT verdict, shown, was_offline FROM bookings_scan WHERE digest = %s ORDER BY id"
        return self.shop.rows(query, guest.digest)

    def _describe(self, seats: int) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        times = {"doors_open_at": -1, "starts_at": 1, "ends_at": 4, "sales_from": -48, "sales_until": 1}
        about = {"title": "Open Doors", "slug": SLUG, "venue": "The Cellar", "time_zone": "Europe/Berlin"}
        rows = [{"row": "A", "numbers": f"1-{seats}", "price": "10.00"}]
        hall = {"slug": "hall", "name": "Hall", "kind": "seated", "rows": rows}
        more = {key: (now + timedelta(hours=hours)).isoformat() for key, hours in times.items()}
        description = {**about, **more, "currency": "eur", "published": True, "areas": [hall], **WHO}
        path = self.shop.mails.parent / "open-doors.json"
        path.write_text(json.dumps(description))
        env = {**os.environ, **self.shop.env}
        command = [sys.executable, "manage.py", "import_event", str(path)]
        subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=True, timeout=120)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
