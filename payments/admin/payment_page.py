"""What a payment's page says: the verdict first, then everything that it rests on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from bookings.models import Ticket
from payments.ledger.state_matrix import judge
from payments.models import Action, Outcome, Payment, StripeEvent
from payments.staff.actions.payments import PERMISSIONS, possible
from payments.staff.alerts import alerts_of
from payments.staff.timeline import timeline
from payments.staff.timeline.entries import Entry

# Where one of these is possible, it is what the payment needs.
ADVISED = [Action.RETRY_REFUND, Action.ASSIGN_REFUND, Action.RESEAT, Action.REDRAW]


def describe(payment: Payment, user: User) -> dict[str, Any]:
    """
    Return what the page of ``payment`` shows to ``user``; nothing is asked of Stripe.

    A fixed number of queries, however much there is.
    """
    entries, actions = timeline(payment), _actions(payment, user)
    return {
        "title": payment.booking.name,
        "subtitle": None,
        "payment": payment,
        "booking": payment.booking,
        "seats": payment.booking.seat_labels,
        "judgement": judge(payment.status, payment.stripe_state) if payment.stripe_state else None,
        "heard_at": _heard_at(payment, entries),
        "alerts": alerts_of(payment),
        "actions": actions,
        "advised": next((action for action in ADVISED if action in actions), _by_status(payment, actions)),
        "may_ask": user.has_perm(PERMISSIONS[Action.ASK]),
        "unapplied": _unapplied(entries),
        "entries": entries,
        "tickets": _tickets(payment),
        "refunds": payment.refunds.prefetch_related("tickets__seat"),
        "disputes": payment.disputes.all(),
        "warnings": payment.fraud_warnings.all(),
        "others": payment.booking.payments.exclude(pk=payment.pk),
    }


def _actions(payment: Payment, user: User) -> list[Action]:
    return [action for action in possible(payment) if user.has_perm(PERMISSIONS[action])]


def _by_status(payment: Payment, actions: Sequence[Action]) -> Action | None:
    """Return the action that everything begins with while nothing is decided."""
    return Action.ASK if Action.ASK in actions and not payment.is_paid else None


def _heard_at(payment: Payment, entries: Sequence[Entry]) -> datetime | None:
    """Return when Stripe last said something about ``payment``: asked, or by an event."""
    events = [event for event in _events(entries) if event.outcome == Outcome.APPLIED]
    said = [payment.checked_at, *(event.decided_at for event in events)]
    return max(filter(None, said), default=None)


def _unapplied(entries: Sequence[Entry]) -> list[StripeEvent]:
    return [event for event in _events(entries) if not event.is_decided]


def _events(entries: Sequence[Entry]) -> list[StripeEvent]:
    return [entry.subject for entry in entries if isinstance(entry.subject, StripeEvent)]


def _tickets(payment: Payment) -> list[Ticket]:
    """Return the booking's tickets, if it was this payment that bought them; without their drawings."""
    if not payment.has_bought:
        return []
    return list(payment.booking.tickets.select_related("seat").defer("qr_png"))
