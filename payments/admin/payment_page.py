"""What a payment's page shows: the verdict first, then everything that it is based on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from bookings.door.presence import with_entries
from bookings.models import Ticket
from payments.admin.mixins import buttons
from payments.ledger.state_matrix import judge
from payments.models import Action, Outcome, Payment, StripeEvent
from payments.staff.alerts import alerts_of
from payments.staff.timeline import timeline
from payments.staff.timeline.entries import Entry

# The first of these that is possible is what the payment needs.
ADVISED = [
    *(Action.RETRY_REFUND, Action.ASSIGN_REFUND, Action.ASSIGN_DISPUTE),
    *(Action.RESEAT, Action.REDRAW),
]


def describe(payment: Payment, user: User) -> dict[str, Any]:
    """
    Return what the page of ``payment`` shows to ``user``; nothing is asked of Stripe.

    A fixed number of queries, however much there is.
    """
    entries = timeline(payment)
    shown = buttons(payment, user, entries)
    return {
        **shown,
        "title": payment.booking.name,
        "subtitle": None,
        "payment": payment,
        "booking": payment.booking,
        "seats": payment.booking.seat_labels,
        "judgement": judge(payment.status, payment.stripe_state) if payment.stripe_state else None,
        "heard_at": _heard_at(payment, entries),
        "alerts": alerts_of(payment),
        "advised": _advised(payment, shown["actions"]),
        "entries": entries,
        "tickets": _tickets(payment),
        "refunds": payment.refunds.prefetch_related("tickets__seat"),
        "disputes": payment.disputes.prefetch_related("tickets__seat"),
        "warnings": payment.fraud_warnings.all(),
        "others": payment.booking.payments.exclude(pk=payment.pk),
    }


def _advised(payment: Payment, actions: Sequence[Action]) -> Action | None:
    """Return the action that helps most: as long as nothing is paid, that is asking Stripe."""
    by_status = Action.ASK if Action.ASK in actions and not payment.is_paid else None
    needed = [action for action in ADVISED if action in actions]
    if Action.ASSIGN_DISPUTE in needed and not payment.disputes.unassigned().exists():
        needed.remove(Action.ASSIGN_DISPUTE)  # It could be corrected, which nobody asks for.
    return next(iter(needed), by_status)


def _heard_at(payment: Payment, entries: Sequence[Entry]) -> datetime | None:
    """Return when Stripe last said something about ``payment``, in an answer or by an event."""
    events = [entry.subject for entry in entries if isinstance(entry.subject, StripeEvent)]
    said = [payment.checked_at, *(event.decided_at for event in events if event.outcome == Outcome.APPLIED)]
    return max(filter(None, said), default=None)


def _tickets(payment: Payment) -> list[Ticket]:
    """Return the booking's tickets, without their drawings, if it was this payment that bought them."""
    if not payment.has_bought:
        return []
    return list(with_entries(payment.booking.tickets.with_kinds()).select_related("seat").defer("qr_png"))
