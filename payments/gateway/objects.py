"""
What Stripe's objects have in common: their JSON, and how a member of theirs is read.

Nothing here talks to Stripe. ``reversal_objects``, ``event_objects``, ``checkout.session_objects`` and
``billing.subscription_objects`` read the objects into the few facts that this project goes by.
"""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

Json = dict[str, Any]
ID = re.compile(r"\w{1,255}", re.ASCII)  # Anything else isn't put into an address of Stripe's.


class UnknownState(Exception):
    """Stripe used a status that isn't known here. Guessing what it means could cost money."""


class Presentment(NamedTuple):
    """What the customer saw in their own ``currency``, in its minor unit; None and "" if they saw ours."""

    amount: int | None = None
    currency: str = ""


OURS = Presentment()


def dict_of(member: object) -> Json:
    """Return an object's member that is an object too, or nothing where it is null, absent or an id."""
    return member if isinstance(member, dict) else {}


def read_time(timestamp: object) -> datetime | None:
    return datetime.fromtimestamp(timestamp, UTC) if isinstance(timestamp, int) else None


def last4_of(charge: Json) -> str:
    """Return the last four digits of the card, or of the account, that a charge was made to."""
    details = charge.get("payment_method_details") or {}
    return (details.get(details.get("type")) or {}).get("last4") or ""


def read_presentment(*places: Any) -> Presentment:
    """Return what the customer saw in their currency, from the first of ``places`` that says it."""
    for place in places:
        details = place.get("presentment_details") if isinstance(place, dict) else None
        if details:
            return Presentment(details["presentment_amount"], details["presentment_currency"])
    return OURS


def id_of(expandable: Any) -> str | None:
    return expandable["id"] if isinstance(expandable, dict) else expandable
