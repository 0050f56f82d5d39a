"""
A check of the whole ledger: bookings, seats, tickets and money must tell one story.

Nothing is asked of Stripe: ``reconcile`` compares with it. What staff have to decide, such as a refund that
Stripe has refused, is no violation; what contradicts itself is.
"""

from django.db import connection, transaction

from . import evidence, jobs, memberships, money, seats
from .violations import RULES, Violation

__all__ = ["RULES", "Violation", "evidence", "inspect", "jobs", "memberships", "money", "seats"]


def inspect() -> list[Violation]:
    """Return what every rule finds, all looking at one moment however much is going on."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [violation for find in RULES for violation in find()]
