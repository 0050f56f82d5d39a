"""Test accounts for bank debits, which are confirmed at once and settle or fail later."""

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
    A test account, and how debits from it end.

    A debit settles after ``delay_factor`` times the usual delay, or never if it ``stays_processing``.
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
        # Not one of Stripe's, which has none that stays in processing; tests of a reconciler need one.
        Account("AT591904300235473209", "sepa_debit", "Stays in processing", stays_processing=True),
    ],
}


def accounts_for(types: list[str]) -> list[Account]:
    """Return the test accounts of these payment method types."""
    return [account for kind, accounts in ACCOUNTS.items() if kind in types for account in accounts]


def find(number: str, types: list[str]) -> Account | None:
    return next((account for account in accounts_for(types) if account.number == number), None)


def with_outcome(outcome: str, types: list[str]) -> Account | None:
    """Return the first account whose debit ends as ``succeeded``, ``failed`` or ``processing``."""
    return next((account for account in accounts_for(types) if account.outcome == outcome), None)
