"""
A link that adds a ticket to Google Wallet: a signed JWT that describes the event and the ticket.

https://developers.google.com/wallet/tickets/events/use-cases/jwt
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from bookings.models import Ticket
from bookings.tickets import tokens
from bookings.wallet.offering import expires_at
from bookings.wallet.words import is_standing, page_of, write_words
from bookings.when.zones import zone_of
from branding.models import shop
from config.wallets import GoogleWallet

SAVE = "https://pay.google.com/gp/v/save/"
LONGEST = 1800  # characters of a JWT in an address: browsers may cut off longer ones
SHORT_TITLE = 40  # characters
NEEDED = ("id", "classId", "state", "barcode", "seatInfo")  # of a ticket

Facts = dict[str, Any]


def save_url(ticket: Ticket, wallet: GoogleWallet) -> str:
    """
    Return the address that adds ``ticket`` to its owner's Google Wallet, in the active language.

    It tells as much as fits; of the longest names, only that of the event is kept, and shortened.
    """
    claims = {
        "iss": wallet.account,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(timezone.now().timestamp()),
    }
    for event, one in _descriptions(ticket, wallet):
        payload = {"eventTicketClasses": [event], "eventTicketObjects": [one]}
        token = _sign({**claims, "payload": payload}, wallet)
        if len(token) <= LONGEST:
            break
    return SAVE + token


def _descriptions(ticket: Ticket, wallet: GoogleWallet) -> Iterator[tuple[Facts, Facts]]:
    """Yield what is told of the event and of the ticket, each time less."""
    event, one, words = _event(ticket, wallet), _ticket(ticket, wallet), write_words(ticket)
    venue = {"venue": {"name": _text(ticket.event.venue), "address": _text(ticket.event.venue)}}
    kind = {"ticketType": _text(words.kind)} if words.kind else {}
    link = {"linksModuleData": {"uris": [{"uri": page_of(ticket), "description": words.page_label}]}}
    yield {**event, **venue}, {**one, **kind, **link}
    yield {**event, **venue}, {**one, **kind}
    yield event, {**one, **kind}
    title = ticket.event.title
    short = title if len(title) <= SHORT_TITLE else title[: SHORT_TITLE - 1].rstrip() + "…"
    yield {**event, "eventName": _text(short)}, {name: one[name] for name in NEEDED}


def _event(ticket: Ticket, wallet: GoogleWallet) -> Facts:
    event = ticket.event
    return {
        "id": _event_id(ticket, wallet),
        "issuerName": shop().name,
        "reviewStatus": "UNDER_REVIEW",
        "eventName": _text(event.title),
        "dateTime": {"start": _moment(ticket, event.starts_at), "end": _moment(ticket, event.ends_at)},
        "hexBackgroundColor": shop().brand_colour,
    }


def _ticket(ticket: Ticket, wallet: GoogleWallet) -> Facts:
    seat = ticket.seat
    place = {"seat": _text(seat.label)}
    if not is_standing(ticket):
        place["row"] = _text(seat.row)
    return {
        "id": f"{wallet.issuer_id}.{_digest(ticket.code)}-{ticket.event.revision}",
        "classId": _event_id(ticket, wallet),
        "state": "ACTIVE",
        "barcode": {"type": "QR_CODE", "value": tokens.sign(ticket), "alternateText": seat.label},
        "seatInfo": place,
        "ticketHolderName": ticket.holder,
        "reservationInfo": {"confirmationCode": str(ticket.booking)},
        "validTimeInterval": {"end": {"date": _moment(ticket, expires_at(ticket))}},
    }


def _event_id(ticket: Ticket, wallet: GoogleWallet) -> str:
    """Return the id of the event as it is now: Google keeps what it was told of an id, so a change is new."""
    shop_here = _digest(settings.SITE_URL)[:8]
    return f"{wallet.issuer_id}.{shop_here}-{ticket.event.pk}-{ticket.event.revision}"


def _text(words: str) -> Facts:
    language = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    return {"defaultValue": {"language": language, "value": words}}


def _moment(ticket: Ticket, at: datetime) -> str:
    return at.astimezone(zone_of(ticket.event.time_zone)).isoformat(timespec="seconds")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def _sign(claims: Facts, wallet: GoogleWallet) -> str:
    """Return ``claims`` as a JWT (RFC 7519), signed with RS256."""
    content = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(claims)}"
    return f"{content}.{_base64(wallet.key.sign(content.encode(), PKCS1v15(), SHA256()))}"


def _encode(content: Facts) -> str:
    return _base64(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
