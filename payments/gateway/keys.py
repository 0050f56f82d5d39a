"""A way on after a failure that Stripe keeps under an idempotency key."""

from collections.abc import Callable
from typing import TypeVar

from payments.gateway.errors import KeySpent
from payments.models.idempotency import AskedUnderKey

Row = TypeVar("Row", bound=AskedUnderKey)
Made = TypeVar("Made")


def under_fresh_key(row: Row, make: Callable[[Row], Made]) -> Made:
    """
    Call ``make`` with ``row``; if its key is spent, once more under the next one.

    Only for what does no harm if it is made twice, such as a session whose address nobody was given. Raise
    what ``make`` raises.
    """
    try:
        return make(row)
    except KeySpent:
        row.spend_key()
        return make(row)
