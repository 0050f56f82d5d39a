"""Who pays, and with what."""

from dataclasses import dataclass

from sandbox.payments.bank_accounts import Account
from sandbox.payments.cards import Card


@dataclass(frozen=True)
class Payer:
    email: str | None = None
    name: str | None = None
    country: str = "US"


@dataclass(frozen=True)
class Method:
    """A card or a bank account; neither where there is nothing to pay."""

    card: Card | None = None
    account: Account | None = None
    expires: tuple[int, int] = (12, 2034)  # month and year on the card
