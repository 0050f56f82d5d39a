"""What our objects at Stripe carry to be told from those of other shops on the same account."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bookings.models import Booking
from payments.gateway.objects import Json
from payments.models import shop_id


def metadata_of(kind: str, reference: str) -> dict[str, str]:
    """Return the metadata of an object made for the row of this ``kind`` (``payment``) and ``reference``."""
    return {kind: reference, "shop": shop_id()}


def purchase_metadata(booking: Booking) -> dict[str, str]:
    """
    Return what a booking can be made again from if it is lost here; its items say which seats, at what price.

    That is in the session's metadata alone: a payment intent's is shown in more places.
    """
    return {"event": booking.event.slug, "name": booking.name, "language": booking.language}


LONGEST_VALUE = 500  # https://docs.stripe.com/metadata#data


def seats_metadata(labels: Sequence[str]) -> dict[str, str]:
    """Return which tickets a refund is for, by their seats, in case its row is lost here."""
    seats = json.dumps(sorted(labels), ensure_ascii=False, separators=(",", ":"))
    return {"seats": seats} if labels and len(seats) <= LONGEST_VALUE else {}


def read_seats(subject: Json) -> tuple[str, ...]:
    """Return the labels of the seats that ``seats_metadata`` named; none if it didn't."""
    metadata = subject.get("metadata")
    try:
        labels = json.loads(metadata["seats"]) if isinstance(metadata, dict) else []
    except (LookupError, TypeError, ValueError):
        return ()
    return tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()


@dataclass(frozen=True)
class Claim:
    """What an object's metadata says: the ``reference`` of a row, and the ``shop``; empty if it doesn't."""

    reference: str
    shop: str

    @property
    def is_foreign(self) -> bool:
        """Whether it names another shop."""
        return bool(self.shop) and self.shop != shop_id()

    @property
    def is_ours(self) -> bool:
        """Whether it names this shop and a row, so that it is owed even if no row here has that reference."""
        return bool(self.reference and self.shop) and self.shop == shop_id()


def read_claim(subject: Json, kind: str) -> Claim:
    """Return what the metadata of an object, or of what holds it, claims of a row of this ``kind``."""
    metadata = subject.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return Claim(reference=_text(known.get(kind)), shop=_text(known.get("shop")))


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""
