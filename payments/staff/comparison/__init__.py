"""A payment or a membership here beside the same at Stripe."""

from payments.models import Payment, Subscription
from payments.staff.comparison.lines import Comparison
from payments.staff.comparison.memberships import compare_membership
from payments.staff.comparison.payments import compare_payment


def compare(subject: Payment | Subscription) -> Comparison:
    """
    Ask Stripe about ``subject``, and set the answer beside ours; nothing is changed.

    Raise ``NothingToCompare``, ``StripeUnavailable`` or ``StripeRefused``.
    """
    return compare_payment(subject) if isinstance(subject, Payment) else compare_membership(subject)
