"""Whom a request to hold seats comes from, as the limits on open holds tell customers apart."""

from dataclasses import dataclass

from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class Visitor:
    """
    A browser and a network, as digests under the shop's key; an empty one is unknown, and isn't counted.

    ``has_confirmed_email``: the customer has shown that the buyer's mailbox is theirs. The digests are kept
    with a booking while it is held, and deleted by what confirms or releases it.
    """

    browser: str = ""
    network: str = ""
    has_confirmed_email: bool = False


UNKNOWN = Visitor()


def digest(kind: str, value: str) -> str:
    """Return what stands for the ``value`` of this ``kind`` in the database: 32 characters."""
    return salted_hmac(f"bookings.{kind}", value, algorithm="sha256").hexdigest()[:32]
