"""
Which seats of an event are free, as browsers that look at its map are told, again and again.

The entity tag of an answer *is* the state it told, so the server keeps nothing of who knows what: from the
tag that comes back it reads what that browser has, and answers with the difference to what is true now.
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

from bookings.models import BookingStatus, Event

STATES = {"0": "free", "1": "held", "2": "taken"}
# The digit of a seat's state.
STATE_DIGIT = Case(
    When(booking=None, then=Value("0")),
    When(booking__status=BookingStatus.HELD, then=Value("1")),
    default=Value("2"),
    output_field=TextField(),
)
# A number for each seat; together they tell one layout from another: which seats there are, at what price.
LAYOUT_HASH = Func(
    Concat(Cast("pk", CharField()), Value(" "), F("label")),
    F("price"),
    function="hashtextextended",
    output_field=BigIntegerField(),
)
LONGEST_TAG = 4_000  # characters; servers and proxies take headers of 8 kB
TAG = re.compile(r'"([0-9a-f]{16})\.([\w-]*)"', re.ASCII)
MAX_LAYOUTS = 50  # whose labels a process remembers

DIGITS_OF_BYTE = [f"{b >> 6}{b >> 4 & 3}{b >> 2 & 3}{b & 3}" for b in range(256)]
_labels_of_layout: OrderedDict[tuple[int, int], list[str]] = OrderedDict()


@dataclass(frozen=True)
class SeatStates:
    """
    The states of all seats of an event at one moment, a digit each, in the order of their ids.

    ``layout`` is a number that changes with the seats there are and with their prices.
    """

    layout: int
    digits: str

    @property
    def tag(self) -> str:
        """Return the states as an entity tag; of a house that is too large for one, only a digest."""
        packed = zlib.compress(_pack(self.digits), wbits=-15)
        written = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
        if len(written) > LONGEST_TAG:
            written = hashlib.sha256(self.digits.encode()).hexdigest()
        return f'"{self.layout_name}.{written}"'

    @property
    def layout_name(self) -> str:
        return f"{self.layout & 0xFFFF_FFFF_FFFF_FFFF:016x}"

    def known(self, tags: Iterable[str]) -> tuple[str, str | None]:
        """Return the first of ``tags``, which may be anything, that tells of this layout, and its digits."""
        for tag in tags:
            found = TAG.fullmatch(tag.removeprefix("W/"))
            if not found or found[1] != self.layout_name:
                continue
            digits = _unpack(found[2], len(self.digits))
            if digits is not None:
                return found[0], digits
        return "", None

    def changes(self, known: str | None, labels: list[str]) -> dict[str, Any]:
        """Return the JSON object that tells what differs from ``known``; everything, if that is None."""
        told: dict[str, list[str]] = {state: [] for state in STATES.values()}
        for label, before, now in zip(labels, known or " " * len(labels), self.digits, strict=True):
            if before != now:
                told[STATES[now]].append(label)
        return {"layout": self.layout_name, "is_whole": known is None, **told}


def read_states(event: Event) -> tuple[SeatStates, list[str]]:
    """Return the states of the seats of ``event``, and their labels in the same order."""
    seats = event.seats.order_by()
    summary = {
        "layout": Coalesce(BitXor(LAYOUT_HASH), 0),
        "digits": StringAgg(STATE_DIGIT, "", order_by="pk", default=Value("")),
    }
    states = SeatStates(**seats.aggregate(**summary))
    key = (event.pk, states.layout)
    labels = _labels_of_layout.get(key)
    if labels is None:
        # Once more, so that states and labels are of one moment.
        summary["labels"] = ArrayAgg("label", order_by="pk", default=Value([]))
        found = seats.aggregate(**summary)
        labels = found.pop("labels")
        states = SeatStates(**found)
        _labels_of_layout[event.pk, states.layout] = labels
        while len(_labels_of_layout) > MAX_LAYOUTS:
            _labels_of_layout.popitem(last=False)
    return states, labels


def _pack(digits: str) -> bytes:
    """Return ``digits``, four a byte; the last byte is filled up with zeros."""
    size = -(-len(digits) // 4)
    return int(digits.ljust(4 * size, "0") or "0", 4).to_bytes(size)


def _unpack(written: str, number: int) -> str | None:
    """Return the ``number`` digits that a tag tells, or None if it isn't one of ours."""
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
