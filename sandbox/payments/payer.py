"""Who pays, with what, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.payments.bank_accounts import Account
from sandbox.payments.cards import Card


@dataclass(frozen=True)
class Payer:
    email: str | None = None
    name: str | None = None
    country: str = "US"


@dataclass(frozen=True)
class Method:
    """A card or a bank account; exactly one is set."""

    card: Card | None = None
    account: Account | None = None
    expires: tuple[int, int] = (12, 2034)  # month and year on the card


class Outcome(StrEnum):
    PAID = "paid"
    PROCESSING = "processing"
    DECLINED = "declined"
    CHALLENGE = "requires_action"
    NOT_OPEN = "not_open"


@dataclass(frozen=True)
class Result:
    outcome: Outcome
    code: str | None = None
    message: str | None = None  # Stripe's words for the customer
