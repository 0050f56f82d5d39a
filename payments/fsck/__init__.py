"""
A check of the whole database: bookings, seats, tickets and money must agree with each other.

Stripe isn't asked; comparing with it is the reconciler's work. What waits for staff, such as a refund that
Stripe has refused, is no violation; a contradiction is.
"""

from django.db import connection, transaction

from . import evidence, jobs, memberships, money, seats
from .violations import RULES, Violation

__all__ = ["RULES", "Violation", "evidence", "inspect", "jobs", "memberships", "money", "seats"]


def inspect() -> list[Violation]:
    """Return what every rule finds; all of them see the database as it is at one moment."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [violation for find in RULES for violation in find()]
