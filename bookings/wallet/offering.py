"""Which wallets a ticket can be added to, now."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from bookings.models import EventStatus, Ticket
from config.wallets import AppleWallet, GoogleWallet

KEPT_AFTER_THE_END = timedelta(hours=12)  # An encore mustn't make a pass look expired at the exit.


class Wallets(NamedTuple):
    """What signs a pass for each wallet; None where there is no pass."""

    apple: AppleWallet | None = None
    google: GoogleWallet | None = None


def wallets_for(ticket: Ticket) -> Wallets:
    """Return the wallets that ``ticket`` can be added to: those set up, if it admits to what is to come."""
    now = timezone.now()
    if not (ticket.is_valid and ticket.event.status != EventStatus.CANCELLED and expires_at(ticket) > now):
        return Wallets()
    apple = settings.APPLE_WALLET
    return Wallets(apple if apple and _lasts(apple, now) else None, settings.GOOGLE_WALLET)


def _lasts(wallet: AppleWallet, at: datetime) -> bool:
    """Return whether both certificates last: once one has ended, phones refuse what is signed with it."""
    return min(wallet.certificate.not_valid_after_utc, wallet.issuer.not_valid_after_utc) > at


def expires_at(ticket: Ticket) -> datetime:
    """Return when wallets put the pass away as expired."""
    return ticket.event.ends_at + KEPT_AFTER_THE_END
