"""
A ticket as a pass for Apple Wallet: a signed archive of its words and pictures.

https://developer.apple.com/documentation/walletpasses
"""

import hashlib
import json
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.conf import settings

from bookings.models import Ticket
from bookings.tickets import tokens
from bookings.wallet import pictures
from bookings.wallet.offering import expires_at
from bookings.wallet.packing import pack
from bookings.wallet.words import Words, is_standing, organiser_of, page_of, write_words
from bookings.when.zones import zone_of
from branding.colours import by_day, parse
from branding.models import Shop, shop
from config.i18n.languages import override_language
from config.wallets import AppleWallet

CONTENT_TYPE = "application/vnd.apple.pkpass"

Field = dict[str, Any]


def write_pass(ticket: Ticket, wallet: AppleWallet) -> bytes:
    """Return the pass for ``ticket``, which has its seat, area, event and booking with it."""
    house = shop()
    words = {language: _words(ticket, language) for language, _name in settings.LANGUAGES}
    original = words[settings.LANGUAGE_CODE]
    files = {"pass.json": _json(_describe(ticket, wallet, house, original))}
    files |= {
        f"{language.partition('-')[0]}.lproj/pass.strings": _strings(original, translated)
        for language, translated in words.items()
    }
    return pack(files | pictures.draw_pictures(house), wallet)


def _words(ticket: Ticket, language: str) -> Words:
    with override_language(language):
        return write_words(ticket)


def _describe(ticket: Ticket, wallet: AppleWallet, house: Shop, words: Words) -> dict[str, Any]:
    barcode = {
        "format": "PKBarcodeFormatQR",
        "message": tokens.sign(ticket),
        "messageEncoding": "iso-8859-1",
        "altText": ticket.seat.label,
    }
    ink = _rgb(by_day(house.brand_colour, house.action_colour).on_brand)
    return {
        "formatVersion": 1,
        "passTypeIdentifier": wallet.pass_type_id,
        "teamIdentifier": wallet.team_id,
        "serialNumber": _digest(ticket.code),
        "groupingIdentifier": _digest(ticket.booking.reference),
        "organizationName": house.name,
        "description": words.description,
        **({} if house.logo else {"logoText": house.name}),
        "backgroundColor": _rgb(house.brand_colour),
        "foregroundColor": ink,
        "labelColor": ink,
        "barcodes": [barcode],
        "barcode": barcode,
        "relevantDate": _moment(ticket, ticket.event.starts_at),
        "expirationDate": _moment(ticket, expires_at(ticket)),
        "eventTicket": _fields(ticket, words),
    }


def _fields(ticket: Ticket, words: Words) -> dict[str, list[Field]]:
    event = ticket.event
    starts_at = {
        **_field("when", words.when_label, _moment(ticket, event.starts_at)),
        "dateStyle": "PKDateStyleMedium",
        "timeStyle": "PKDateStyleShort",
        "ignoresTimeZone": True,  # The venue's clock, wherever the phone is.
    }
    place = [] if is_standing(ticket) else [_field("place", words.place_label, words.place)]
    kind = [_field("kind", words.kind_label, words.kind)] if words.kind else []
    return {
        "headerFields": [_field("seat", words.seat_label, ticket.seat.label)],
        "primaryFields": [_field("event", words.event_label, event.title)],
        "secondaryFields": [starts_at, _field("venue", words.venue_label, event.venue)],
        "auxiliaryFields": [*place, *kind, _field("name", words.name_label, ticket.holder)],
        "backFields": [
            _field("booking", words.booking_label, str(ticket.booking)),
            _field("entry", words.entry_label, words.entry),
            _field("organiser", words.organiser_label, organiser_of(ticket)),
            _field("page", words.page_label, page_of(ticket)),
        ],
    }


def _field(key: str, label: str, value: str) -> Field:
    return {"key": key, "label": label, "value": value}


def _moment(ticket: Ticket, at: datetime) -> str:
    """Return ``at`` by the clock at the venue, in ISO 8601."""
    return at.astimezone(zone_of(ticket.event.time_zone)).isoformat(timespec="seconds")


def _digest(secret: str) -> str:
    """Return what stands for a capability where others read it: a serial number opens no page."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(map(str, parse(colour)))})"


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _strings(original: Words, translated: Words) -> bytes:
    """Return the file by which a phone replaces the ``original`` words, which a third language shows."""
    pairs = dict(zip(astuple(original), astuple(translated), strict=True))
    return "".join(f"{_quote(key)} = {_quote(text)};\n" for key, text in pairs.items() if key).encode()


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
