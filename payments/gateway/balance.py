"""The account's balance at Stripe, and what Stripe kept of charges."""

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from payments.gateway.client import asking_stripe, stripe_client

MOST = 1_000  # balance transactions that are read to find fees


@asking_stripe
def fetch_available(currency: str) -> int:
    """
    Return what refunds in ``currency`` can draw on now, in its minor unit; it may be below zero.

    Raise ``StripeUnavailable`` or ``StripeRefused``. https://docs.stripe.com/api/balance/balance_retrieve
    """
    available = stripe_client().v1.balance.retrieve().available
    return sum(part.amount for part in available if part.currency == currency)


@asking_stripe
def fetch_fees(charges: Collection[str], *, since: datetime) -> dict[str, int]:
    """
    Return the fees of those of ``charges`` that are among the account's newest, in the minor unit.

    Stripe keeps them when it refunds. Raise ``StripeUnavailable`` or ``StripeRefused``.
    https://docs.stripe.com/api/balance_transactions/list
    """
    wanted = set(charges)
    listed = stripe_client().v1.balance_transactions.list(
        params={"limit": 100, "created": {"gte": int(since.timestamp())}}
    )
    fees: dict[str, int] = {}
    for transaction in islice(listed.auto_paging_iter(), MOST):
        source = transaction.source if isinstance(transaction.source, str) else ""
        if source in wanted and transaction.reporting_category == "charge":
            fees[source] = transaction.fee
    return fees
