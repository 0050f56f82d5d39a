"""What a person wants done, and why it may not be."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User

from bookings.models import Ticket
from payments.models import Action, Payment, Refund, StripeEvent, Subscription


class Stale(Exception):
    """What it is about has changed since the person saw it."""


class NotPossible(Exception):
    """The repair can't be done now; the message says why, for the person who wanted it."""


@dataclass(frozen=True, kw_only=True)
class StaffCommand:
    """
    What a person wants done to ``payment``, to ``subscription``, or with ``stripe_event``.

    ``form_id`` is the form's own; ``version`` is the digest of what the person saw, by which they decided.
    Some actions need ``amount`` (minor units), ``tickets``, ``refund``, or ``email`` and ``keeps_account``.
    """

    action: Action
    actor: User
    reason: str
    form_id: str
    payment: Payment | None = None
    subscription: Subscription | None = None
    stripe_event: StripeEvent | None = None
    version: str = ""
    amount: int | None = None
    tickets: Collection[Ticket] = ()
    refund: Refund | None = None
    email: str = ""
    keeps_account: bool = False
