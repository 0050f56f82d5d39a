"""
A check of the whole ledger: bookings, seats, tickets and money must tell one story.

Nothing is asked of Stripe: ``reconcile`` compares with it. What staff have to decide, such as a refund that
Stripe has refused, is no finding; what contradicts itself is.
"""

from django.db import connection, transaction

from . import evidence, jobs, memberships, money, seats
from .findings import RULES, Finding

__all__ = ["RULES", "Finding", "evidence", "inspect", "jobs", "memberships", "money", "seats"]


def inspect() -> list[Finding]:
    """Return what every rule finds, all looking at one moment however much is going on."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [finding for find in RULES for finding in find()]
