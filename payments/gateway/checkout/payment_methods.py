"""Ways to pay that take days: which of them can't bring the money before an event begins."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

WORKING_WEEK = 5  # days


@dataclass(frozen=True, kw_only=True)
class Delay:
    """
    How long a method takes at most, as Stripe documents it.

    ``days`` are those that its customer has to act, ``working_days`` those until Stripe knows how it ended.
    """

    days: int = 0
    working_days: int = 0

    @property
    def span(self) -> timedelta:
        """All of it, in whatever part of the week it begins: each working week begun has a weekend in it."""
        weekends = math.ceil(self.working_days / WORKING_WEEK)
        return timedelta(days=self.days + self.working_days + 2 * weekends)


# By the names in ``excluded_payment_method_types``. What isn't here is decided while its customer waits.
# https://docs.stripe.com/payments/bank-debits, /vouchers and /bank-transfers have a page for each method.
DELAYS = {
    # Bank debits. Where the account is checked by small deposits, its customer confirms them first.
    "acss_debit": Delay(days=2, working_days=5),
    "au_becs_debit": Delay(working_days=3),
    "bacs_debit": Delay(working_days=7),
    "nz_bank_account": Delay(working_days=2),
    "sepa_debit": Delay(working_days=14),
    "us_bank_account": Delay(days=2, working_days=4),
    # Vouchers: the days until they end, unless the account says otherwise.
    "boleto": Delay(days=3, working_days=1),
    "konbini": Delay(days=3),
    "multibanco": Delay(days=7, working_days=3),
    "oxxo": Delay(days=3, working_days=1),
    # Transfers.
    "customer_balance": Delay(days=2, working_days=5),
    "sofort": Delay(working_days=10),
}


def too_slow(*, paid_by: datetime, needed_by: datetime, margin: timedelta) -> list[str]:
    """
    Return the methods by which the money may not be there ``margin`` before ``needed_by``.

    ``paid_by`` is when the customer begins to pay at the latest.
    """
    left = needed_by - margin - paid_by
    return [method for method, delay in DELAYS.items() if delay.span > left]
