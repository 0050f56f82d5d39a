"""
In which order Stripe was asked, whichever process asked, and whatever time its clock says.

Of two answers about the same thing, the one that was asked for later counts. Clocks of machines differ by
more than two answers do, so the order is a number that the database hands out before Stripe is asked.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

# Made by a migration. Two processes never get one number, and who asks later gets a higher one.
NEXT = "SELECT nextval('payments_question')"


@dataclass(frozen=True)
class Question:
    """A question to Stripe: its ``number`` decides what is newer, ``at`` is for people to read."""

    number: int
    at: datetime


def next_question() -> Question:
    """Return the number and the time of a question that is about to be asked, by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        (number,) = cursor.fetchone()
    return Question(number, timezone.now())
