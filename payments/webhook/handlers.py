"""What can be done with an event: the shape of every entry in the tables of handlers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from payments.gateway.objects import Json
from payments.models import Outcome, Payment, Subscription

# These name only a payment intent, which has paid a booking or an invoice.
REFUND_TYPES = (
    *("refund.created", "refund.updated", "refund.failed"),
    *("charge.refunded", "charge.refund.updated"),
)
DISPUTE_TYPES = (
    *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
    *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
)

Row = TypeVar("Row", Payment, Subscription)


class Owed(Exception):
    """An event is ours, but what it is about isn't known here."""


class UnreadableOwner(Exception):
    """An event names what it is about in a shape that Stripe doesn't use, so nobody knows whose it is."""


def only_what_is_known(event: Json) -> bool:
    """Return False: an event about no known row belongs to another shop."""
    return False


def do_nothing(event: Json, owner: Row | None) -> None:
    """Ask Stripe nothing: the body of the event is enough."""


def keep_owner(event: Json, owner: Row | None) -> Row | None:
    """Change nothing: the event is recorded, and was applied by asking Stripe if it says anything new."""
    return owner


@dataclass(frozen=True, kw_only=True)
class Handler(Generic[Row]):
    """
    How events of one type are applied to the payments, or to the memberships, of this shop.

    ``find_owner`` returns the row that an event is about, or None if there is none; it may ask Stripe, and
    raise ``Owed``.
    ``claims`` says whether an event without such a row is ours all the same, so that it is owed.
    ``ask`` asks Stripe before the transaction, where the body only says that something has changed.
    ``apply`` runs in the transaction, under the lock of the event's row, and returns the event's owner.
    ``outcome`` is what the event is marked with in that transaction. ``is_timed`` marks the types whose way
    from Stripe to here is measured.
    """

    find_owner: Callable[[Json], Row | None]
    claims: Callable[[Json], bool] = only_what_is_known
    ask: Callable[[Json, Row | None], None] = do_nothing
    apply: Callable[[Json, Row | None], Row | None] = keep_owner
    outcome: Outcome = Outcome.APPLIED
    is_timed: bool = False

    @property
    def asks_stripe(self) -> bool:
        return self.ask is not do_nothing


def find_nobody(event: Json) -> None:
    """Return None: nobody here is asked for."""


# What an event becomes that was recorded before it was known to be somebody else's.
SOMEBODY_ELSES: Handler[Payment] = Handler(find_owner=find_nobody, outcome=Outcome.IGNORED)
