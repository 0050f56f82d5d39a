"""
A check of the whole database: bookings, seats, tickets and money must agree with each other.

Stripe isn't asked; comparing with it is the reconciler's work. What waits for staff, such as a refund that
Stripe has refused, is no violation; a contradiction is.
"""

from collections.abc import Iterator

from django.db.models import Model

from . import (
    accounts,
    counter,
    door,
    evidence,
    jobs,
    memberships,
    money,
    moves,
    pictures,
    seats,
    waiting_list,
)
from .batches import SIZE, Batch, Progress, Tell, batches, one_moment, quietly
from .violations import RULES, Rule, Violation

__all__ = [
    "RULES",
    "Progress",
    "Tell",
    "Violation",
    "accounts",
    "counter",
    "door",
    "evidence",
    "inspect",
    "jobs",
    "memberships",
    "money",
    "moves",
    "pictures",
    "seats",
    "waiting_list",
]


def inspect(tell: Tell = quietly, *, batch_size: int = SIZE) -> list[Violation]:
    """
    Return what every rule finds; all of them see the database as it is at one moment.

    Tables are read in batches, so that what is kept of them doesn't grow with them. ``tell`` is called after
    each batch.
    """
    known: dict[type[Model], list[Batch]] = {}
    with one_moment():
        return [violation for rule in RULES for violation in _find(rule, known, tell, batch_size)]


def _find(rule: Rule, known: dict[type[Model], list[Batch]], tell: Tell, size: int) -> Iterator[Violation]:
    if rule.model is None:
        yield from rule.find()
        tell(Progress(rule.name, 1, 1))
        return
    if rule.model not in known:
        known[rule.model] = list(batches(rule.model, size))
    for done, batch in enumerate(known[rule.model], 1):
        yield from rule.find(batch)
        tell(Progress(rule.name, done, len(known[rule.model])))
