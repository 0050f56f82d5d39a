"""Who pays, and with what."""

from dataclasses import dataclass

from sandbox.payments.bank_accounts import Account
from sandbox.payments.cards import Card
from sandbox.payments.method_types import MethodType


@dataclass(frozen=True)
class Payer:
    email: str | None = None
    name: str | None = None
    country: str = "US"
    phone: str | None = None
    business_name: str | None = None
    tax_id: tuple[str, str] | None = None  # Stripe's type, such as ``eu_vat``, and the number


@dataclass(frozen=True)
class Method:
    """A card, a bank account, a voucher or transfer; nothing of that where there is nothing to pay."""

    card: Card | None = None
    account: Account | None = None
    voucher: MethodType | None = None
    expires: tuple[int, int] = (12, 2034)  # month and year on the card
