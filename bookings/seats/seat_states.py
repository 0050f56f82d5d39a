"""
Send the states of an event's seats to browsers that show its map, as differences.

The ETag of each answer contains the compressed states of all seats. A browser sends it back in
``If-None-Match``, so the server knows which states it shows and can answer with the changes since then,
without storing anything per browser.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, BitXor, StringAgg
from django.db.models import BigIntegerField, Case, CharField, F, Func, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from bookings.models import BookingStatus, Event, SeatState

STATES = {"0": "free", "1": "held", "2": "taken"}
# SQL for a seat's state, one of the digits in STATES.
STATE_DIGIT = Case(
    When(booking=None, state=SeatState.FOR_SALE, then=Value("0")),
    When(booking__status=BookingStatus.HELD, then=Value("1")),
    default=Value("2"),
    output_field=TextField(),
)
# SQL for a hash of what a map shows of a seat besides its state. XORed over all seats, it identifies the
# event's layout.
LAYOUT_HASH = Func(
    Concat(
        Cast("pk", CharField()),
        *(Value(" "), F("label"), Value(" "), F("notes")),
        *(Value(" "), Cast("area", CharField()), Value(" "), Cast("row_rank", CharField())),
        *(Value(" "), Cast("column", CharField())),
    ),
    F("price"),
    function="hashtextextended",
    output_field=BigIntegerField(),
)
LONGEST_TAG = 4_000  # characters; servers and proxies accept headers of up to 8 kB
TAG = re.compile(r'"([0-9a-f]{16})\.([\w-]*)"', re.ASCII)
MAX_LAYOUTS = 50  # whose labels each process caches

DIGITS_OF_BYTE = [f"{b >> 6}{b >> 4 & 3}{b >> 2 & 3}{b & 3}" for b in range(256)]
_labels_of_layout: OrderedDict[tuple[int, int], list[str]] = OrderedDict()


@dataclass(frozen=True)
class SeatStates:
    """
    The states of all seats of an event at one moment: one digit per seat, in the order of their ids.

    ``layout`` is a hash of the seats and their prices, a signed 64-bit integer.
    """

    layout: int
    digits: str

    @property
    def tag(self) -> str:
        """The states as an ETag, or only their digest if the event has too many seats for a header."""
        packed = zlib.compress(_pack(self.digits), wbits=-15)
        written = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
        if len(written) > LONGEST_TAG:
            written = hashlib.sha256(self.digits.encode()).hexdigest()
        return f'"{self.layout_name}.{written}"'

    @property
    def layout_name(self) -> str:
        return f"{self.layout & 0xFFFF_FFFF_FFFF_FFFF:016x}"

    def known(self, tags: Iterable[str]) -> tuple[str, str | None]:
        """
        Return the first of ``tags`` that has states of this layout, and the digits in it.

        The tags come from the client and can be anything. Return ``("", None)`` if there is none.
        """
        for tag in tags:
            found = TAG.fullmatch(tag.removeprefix("W/"))
            if not found or found[1] != self.layout_name:
                continue
            digits = _unpack(found[2], len(self.digits))
            if digits is not None:
                return found[0], digits
        return "", None

    def changes(self, known: str | None, labels: list[str]) -> dict[str, Any]:
        """Return the JSON body with the labels of seats that differ from ``known`` (None: all seats)."""
        changed: dict[str, list[str]] = {state: [] for state in STATES.values()}
        for label, before, now in zip(labels, known or " " * len(labels), self.digits, strict=True):
            if before != now:
                changed[STATES[now]].append(label)
        return {"layout": self.layout_name, "is_whole": known is None, **changed}


def read_states(event: Event) -> tuple[SeatStates, list[str]]:
    """Return the states of the seats of ``event``, and their labels in the same order."""
    seats = event.seats.drawn().order_by()
    summary = {
        "layout": Coalesce(BitXor(LAYOUT_HASH), 0),
        "digits": StringAgg(STATE_DIGIT, "", order_by="pk", default=Value("")),
    }
    states = SeatStates(**seats.aggregate(**summary))
    key = (event.pk, states.layout)
    labels = _labels_of_layout.get(key)
    if labels is None:
        # Read the states again, in one statement with the labels: seats may have changed in between.
        summary["labels"] = ArrayAgg("label", order_by="pk", default=Value([]))
        found = seats.aggregate(**summary)
        labels = found.pop("labels")
        states = SeatStates(**found)
        _labels_of_layout[event.pk, states.layout] = labels
        while len(_labels_of_layout) > MAX_LAYOUTS:
            _labels_of_layout.popitem(last=False)
    return states, labels


def _pack(digits: str) -> bytes:
    """Return ``digits`` (0 to 3) packed four to a byte; the last byte is padded with zeros."""
    size = -(-len(digits) // 4)
    return int(digits.ljust(4 * size, "0") or "0", 4).to_bytes(size)


def _unpack(written: str, number: int) -> str | None:
    """Return the ``number`` digits in the second part of a tag, or None if it isn't valid."""
    size = -(-number // 4)
    reader = zlib.decompressobj(wbits=-15)
    try:
        packed = reader.decompress(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)), size + 1)
    except (binascii.Error, zlib.error):
        return None
    digits = "".join(DIGITS_OF_BYTE[byte] for byte in packed)
    if len(packed) != size or "3" in digits or digits[number:].strip("0"):
        return None
    return digits[:number]
