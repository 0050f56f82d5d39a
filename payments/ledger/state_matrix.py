"""
What it means if a payment has this status here and that state at Stripe, and what to do about it.

The table has a cell for every status and every state. ``docs/money.md`` shows the same table, and a test
compares the two.
"""

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import PaymentStatus, StripeState


class Verdict(models.TextChoices):
    IN_SYNC = "in_sync", _("Matches Stripe.")
    WAITING_FOR_STRIPE = "waiting_for_stripe", _("Waiting for Stripe, the customer or a bank.")
    STRIPE_AHEAD = "stripe_ahead", _("Changed at Stripe, not here yet.")
    LOCAL_AHEAD = "local_ahead", _("Decided here, not at Stripe yet.")
    CONFLICT = "conflict", _("Conflicts with Stripe.")


class Remedy(models.TextChoices):
    NONE = "none", _("Nothing.")
    WAIT = "wait", _("Check again later.")
    SETTLE = "settle", _("Apply Stripe's answer.")
    CLOSE = "close", _("Close the session at Stripe.")
    SYNC = "sync", _("Update refunds and disputes from Stripe.")
    REFUND = "refund", _("Send the refund.")
    ALARM = "alarm", _("Leave it and alert staff.")


class Judgement(NamedTuple):
    verdict: Verdict
    remedy: Remedy

    @property
    def finding(self) -> str:
        """Return the verdict as staff read it."""
        return str(self.verdict.label)

    @property
    def next_step(self) -> str:
        """Return the remedy as staff read it."""
        return str(self.remedy.label)


class Unheard(Judgement):
    """Money at Stripe that isn't known here, while the seats are still held."""

    @property
    def finding(self) -> str:
        return gettext("Paid at Stripe, not here yet.")

    @property
    def next_step(self) -> str:
        return gettext("Issue the tickets.")


class Late(Unheard):
    """Money at Stripe for seats that were released: they may be sold by now."""

    @property
    def next_step(self) -> str:
        return gettext("Issue the tickets, or refund if the seats are gone.")


SAME = Judgement(Verdict.IN_SYNC, Remedy.NONE)
WAIT = Judgement(Verdict.WAITING_FOR_STRIPE, Remedy.WAIT)
SEND = Judgement(Verdict.WAITING_FOR_STRIPE, Remedy.REFUND)
SETTLE = Judgement(Verdict.STRIPE_AHEAD, Remedy.SETTLE)
PAID = Unheard(*SETTLE)
LATE = Late(*SETTLE)
SYNC = Judgement(Verdict.STRIPE_AHEAD, Remedy.SYNC)
CLOSE = Judgement(Verdict.LOCAL_AHEAD, Remedy.CLOSE)
ALARM = Judgement(Verdict.CONFLICT, Remedy.ALARM)

# In the order of StripeState: open, processing, failed, expired, paid, free, partially refunded, refunded,
# disputed, missing, unreadable. Money that isn't known here yet is always settled, however late it comes.
ROWS = {
    "pending": (WAIT, SETTLE, SETTLE, SETTLE, PAID, PAID, SETTLE, SETTLE, SETTLE, ALARM, ALARM),
    "processing": (ALARM, WAIT, SETTLE, SETTLE, PAID, PAID, SETTLE, SETTLE, SETTLE, ALARM, ALARM),
    "succeeded": (ALARM, ALARM, ALARM, ALARM, SAME, SAME, SYNC, SYNC, SYNC, ALARM, ALARM),
    "failed": (CLOSE, ALARM, SAME, SAME, LATE, LATE, SETTLE, SETTLE, SETTLE, SAME, ALARM),
    "expired": (CLOSE, ALARM, SAME, SAME, LATE, LATE, SETTLE, SETTLE, SETTLE, ALARM, ALARM),
    "refund_due": (ALARM, ALARM, ALARM, ALARM, SEND, ALARM, SYNC, SYNC, SYNC, ALARM, ALARM),
    "refunded": (ALARM, ALARM, ALARM, ALARM, SYNC, SAME, SYNC, SAME, SYNC, ALARM, ALARM),
    "partially_refunded": (ALARM, ALARM, ALARM, ALARM, SYNC, ALARM, SAME, SYNC, SYNC, ALARM, ALARM),
    "disputed": (ALARM, ALARM, ALARM, ALARM, SYNC, ALARM, SYNC, SYNC, SAME, ALARM, ALARM),
}
TABLE = {
    (PaymentStatus(status), state): judgement
    for status, row in ROWS.items()
    for state, judgement in zip(StripeState, row, strict=True)
}


def judge(status: str, state: str) -> Judgement:
    """Return what it means if a payment of this status has that state at Stripe."""
    return TABLE[PaymentStatus(status), StripeState(state)]


def stripe_state_for(*, amount: int, refunded: int, is_disputed: bool) -> StripeState:
    """Return the state at Stripe of a session that was paid with ``amount``, which may be 0."""
    if is_disputed:
        return StripeState.DISPUTED
    if not amount:
        return StripeState.FREE
    if refunded >= amount:
        return StripeState.REFUNDED
    return StripeState.PARTIALLY_REFUNDED if refunded else StripeState.PAID
