"""Everything that happened to a payment or a membership: the first thing staff read."""

from payments.models import Payment, Subscription
from payments.staff.timeline.entries import Entry
from payments.staff.timeline.memberships import membership_entries
from payments.staff.timeline.payments import payment_entries


def timeline(subject: Payment | Subscription) -> list[Entry]:
    """
    Return what happened to ``subject`` and what belongs to it, the newest last.

    A fixed number of queries, however much there is.
    """
    entries = payment_entries(subject) if isinstance(subject, Payment) else membership_entries(subject)
    return sorted(entries, key=lambda entry: entry.at)
