"""What a staff member wants done, and why it may not be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from bookings.models import Ticket
from payments.models import Action, Dispute, Payment, Refund, StripeEvent, Subscription

Subject = Payment | Subscription | StripeEvent


class Stale(Exception):
    """What the action is about has changed since the staff member saw it."""


class NotPossible(Exception):
    """The action can't be done now; the message says why, for the staff member."""


@dataclass(frozen=True, kw_only=True)
class StaffCommand:
    """
    What a staff member wants done to ``payment`` or ``subscription``, or with ``stripe_event``.

    ``form_id`` is the form's own; ``version`` is the digest of what the staff member saw and decided by.
    Some actions need ``amount`` (minor units), ``tickets``, ``refund``, ``dispute``, ``name``, ``email`` and
    ``keeps_account``, or ``seats``: the labels that tickets are moved to, by the tickets' ids, and
    ``agreed``, what they were told that it comes to.
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
    dispute: Dispute | None = None
    name: str = ""
    email: str = ""
    keeps_account: bool = False
    seats: Mapping[int, str] = field(default_factory=dict)
    agreed: str = ""

    @property
    def subject(self) -> Subject:
        """The row that the action is for; an event may be about a payment as well."""
        subject = self.stripe_event or self.payment or self.subscription
        if subject is None:
            raise ValueError("Give a payment, a membership or an event.")
        return subject
