"""Who books."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User

from bookings.orders.members import Terms
from bookings.orders.visitors import UNKNOWN, Visitor
from legal.models import LegalText


@dataclass(frozen=True)
class Buyer:
    """
    The customer who books.

    ``account`` is None for guests, ``terms`` is None for non-members. ``language`` is that of their emails.
    ``accepted`` are the terms of sale that they agreed to, if the house has any. ``is_house``: staff hold the
    places, at the counter. Then the times of the sale don't matter, and what is held back can be had.
    """

    name: str
    email: str
    account: User | None = None
    terms: Terms | None = None
    language: str = settings.LANGUAGE_CODE
    visitor: Visitor = UNKNOWN
    accepted: LegalText | None = None
    is_house: bool = False
