"""Test accounts for bank debits, which are confirmed now and settle, or don't, later."""

from dataclasses import dataclass

from sandbox.payments.cards import Decline

CLOSED = Decline(
    "account_closed",
    None,
    "The customer's bank account has been closed.",
)
NO_FUNDS = Decline(
    "insufficient_funds",
    None,
    "The customer's account has insufficient funds to cover this payment.",
)
FAILED = Decline("charge_exceeds_source_limit", None, "The payment was refused by the customer's bank.")


@dataclass(frozen=True)
class Account:
    """
    An account and what becomes of a debit from it.

    It settles after ``factor`` times the usual delay, unless it ``stays`` processing for ever.
    """

    number: str
    type: str  # Stripe's payment method type
    label: str
    decline: Decline | None = None
    stays_processing: bool = False
    delay_factor: int = 1

    @property
    def outcome(self) -> str:
        if self.stays_processing:
            return "processing"
        return "failed" if self.decline else "succeeded"


ACCOUNTS: dict[str, list[Account]] = {
    "us_bank_account": [
        Account("000123456789", "us_bank_account", "Succeeds a little later"),
        Account("000111111113", "us_bank_account", "Fails later: account closed", CLOSED),
        Account("000222222227", "us_bank_account", "Fails later: insufficient funds", NO_FUNDS),
        Account("000000000009", "us_bank_account", "Stays in processing", stays_processing=True),
    ],
    "sepa_debit": [
        Account("AT611904300234573201", "sepa_debit", "Succeeds a little later"),
        Account("AT321904300235473204", "sepa_debit", "Succeeds after a good while", delay_factor=18),
        Account("AT861904300235473202", "sepa_debit", "Fails later", FAILED),
        # Not one of Stripe's: it has none that stays, and a reconciler needs one.
        Account("AT591904300235473209", "sepa_debit", "Stays in processing", stays_processing=True),
    ],
}

BY_CURRENCY = {"usd": "us_bank_account", "eur": "sepa_debit"}


def accounts_for(types: list[str]) -> list[Account]:
    """Return the accounts to choose from where these payment method types are offered."""
    return [account for kind, accounts in ACCOUNTS.items() if kind in types for account in accounts]


def find(number: str, types: list[str]) -> Account | None:
    return next((account for account in accounts_for(types) if account.number == number), None)


def with_outcome(outcome: str, types: list[str]) -> Account | None:
    """Return the first account whose debit ends as ``succeeded``, ``failed`` or ``processing``."""
    return next((account for account in accounts_for(types) if account.outcome == outcome), None)
