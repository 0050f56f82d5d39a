"""Many codes at once, each for one booking."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from bookings.models import SaleCode, TicketType
from bookings.references import SPOKEN_ALPHABET

MOST = 1_000  # codes at a time
LENGTH = 8  # letters that can't be guessed: 40 bits
LONGEST_PREFIX = 40 - LENGTH - 1


@transaction.atomic
def make_single_codes(
    like: SaleCode, count: int, *, prefix: str, types: Iterable[TicketType], opens: Iterable[TicketType]
) -> list[SaleCode]:
    """
    Make so many codes ``like`` this unsaved one, each for one booking, and return them.

    They begin with ``prefix``, if there is one. Two that would be alike are made once more.
    """
    known = set(like.event.codes.values_list("code", flat=True))
    new: set[str] = set()
    while len(new) < count:
        new |= {_random(prefix) for _ in range(count - len(new))} - known
    own: dict[str, Any] = {
        name: getattr(like, name)
        for name in (
            "event",
            "note",
            "percent_off",
            "amount_off",
            "places_at_most",
            "valid_from",
            "valid_until",
        )
    }
    codes = SaleCode.objects.bulk_create(SaleCode(code=code, limit=1, **own) for code in sorted(new))
    _relate(SaleCode.types.through, codes, types)
    _relate(SaleCode.opens.through, codes, opens)
    return codes


def _relate(through: Any, codes: Iterable[SaleCode], types: Iterable[TicketType]) -> None:
    chosen = list(types)
    through.objects.bulk_create(through(salecode=code, tickettype=kind) for code in codes for kind in chosen)


def _random(prefix: str) -> str:
    letters = "".join(secrets.choice(SPOKEN_ALPHABET) for _ in range(LENGTH))
    return f"{prefix}-{letters}" if prefix else letters
