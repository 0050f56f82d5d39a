"""Everything that happened to a payment, in its order: the first thing staff read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.money import format_money
from payments.models import Payment, StripeEvent, Subscription, retried_reference, retry_key


@dataclass(frozen=True)
class Entry:
    """One thing that happened: ``kind`` is for its looks, ``subject`` the row that tells more, if any."""

    at: datetime
    kind: str
    words: str
    detail: str = ""
    actor: str = ""
    subject: Model | None = None


def timeline(payment: Payment) -> list[Entry]:
    """
    Return what happened to ``payment``, its booking and its tickets, the newest last.

    A fixed number of queries, however much there is.
    """
    entries = [entry for tell in SOURCES for entry in tell(payment)]
    return sorted(entries, key=lambda entry: entry.at)


def _booking(payment: Payment) -> Iterator[Entry]:
    booking = payment.booking
    seats = ", ".join(booking.seat_labels)
    yield Entry(booking.created_at, "hold", _("Seats %(seats)s were held.") % {"seats": seats})
    if booking.cancelled_at:
        yield Entry(booking.cancelled_at, "hold", _("The booking was let go."))
    if booking.released_at:
        yield Entry(booking.released_at, "hold", _("The seats were freed."))
    for wish in booking.resends.all():
        yield Entry(wish.asked_at, "mail", _("The customer asked for the tickets by mail once more."))
    if booking.mailed_at:
        yield Entry(booking.mailed_at, "mail", _("The tickets were mailed."), booking.email)


def _session(payment: Payment) -> Iterator[Entry]:
    words = _("A payment of %(amount)s was opened.") % {
        "amount": format_money(payment.amount, payment.currency)
    }
    yield Entry(payment.created_at, "session", words, payment.session_id or _("It got no session."))


def _again(payment: Payment) -> Iterator[Entry]:
    """Tell of the payment that was made in this one's place, and of the one before it."""
    for other in Payment.objects.filter(
        Q(attempt=retry_key(payment)) | Q(reference=retried_reference(payment))
    ):
        if other.attempt == retry_key(payment):
            yield Entry(other.created_at, "session", _("The customer booked the same again."), subject=other)
        else:
            words = _("It is in the place of a payment that came to nothing.")
            yield Entry(payment.created_at, "session", words, subject=other)


def _transitions(payment: Payment) -> Iterator[Entry]:
    for step in payment.transitions.all():
        words = f"{step.get_from_status_display()} → {step.get_to_status_display()}"
        yield Entry(step.at, "step", words, step.get_cause_display())


def _events(payment: Payment) -> Iterator[Entry]:
    for event in payment.stripe_events.defer("body", "traceback"):
        yield Entry(
            event.received_at,
            "event",
            f"{event.type}: {event.get_outcome_display()}",
            deliveries(event),
            subject=event,
        )


def deliveries(event: StripeEvent) -> str:
    """Say how often Stripe brought an event."""
    if not event.deliveries:
        return _("found in Stripe's list")
    words = ngettext("delivered once", "delivered %(count)d times", event.deliveries)
    return words % {"count": event.deliveries}


def _checks(payment: Payment) -> Iterator[Entry]:
    for check in payment.stripe_checks.all():
        found = check.get_state_display() or check.error
        yield Entry(check.at, "check", _("Stripe was asked: %(found)s") % {"found": found}, _cause(check))


def _cause(row: Any) -> str:
    return str(row.get_cause_display())


def _tickets(payment: Payment) -> Iterator[Entry]:
    for ticket in payment.booking.tickets.select_related("seat"):
        where = {"seat": ticket.seat.label}
        words = _("The ticket for %(seat)s was issued.") % where
        yield Entry(ticket.issued_at, "ticket", words, ticket.name, subject=ticket)
        if ticket.stopped_at:
            words = _("The ticket for %(seat)s stopped admitting.") % where
            yield Entry(ticket.stopped_at, "ticket", words, ticket.get_stopped_for_display(), subject=ticket)


def _refunds(payment: Payment) -> Iterator[Entry]:
    for refund in payment.refunds.all():
        money = {"amount": format_money(refund.amount, refund.currency)}
        words = _("A refund of %(amount)s was asked for.") % money
        kept = {"origin": refund.get_origin_display(), "fee": format_money(refund.fee, refund.currency)}
        detail = _("%(origin)s, less a fee of %(fee)s") % kept if refund.fee else kept["origin"]
        yield Entry(refund.created_at, "refund", words, detail, subject=refund)
        if refund.accepted_at:
            words = _("Stripe accepted the refund of %(amount)s.") % money
            yield Entry(refund.accepted_at, "refund", words, refund.refund_id or "", subject=refund)
        if refund.error_code:
            words = _("The refund of %(amount)s came to nothing.") % money
            at = refund.checked_at or refund.tried_at or refund.created_at
            yield Entry(at, "trouble", words, refund.error_message or refund.error_code, subject=refund)


def _disputes(payment: Payment) -> Iterator[Entry]:
    for dispute in payment.disputes.all():
        words = _("The bank opened a dispute: %(reason)s.") % {"reason": dispute.reason}
        yield Entry(dispute.created_at, "trouble", words, dispute.get_status_display(), subject=dispute)
    for warning in payment.fraud_warnings.all():
        words = _("The card's network warned of fraud: %(type)s.") % {"type": warning.fraud_type}
        yield Entry(warning.created_at, "trouble", words, subject=warning)


def _notifications(payment: Payment) -> Iterator[Entry]:
    for notification in payment.notifications.all():
        if notification.sent_at:
            yield Entry(
                notification.sent_at,
                "mail",
                _("Mailed: %(news)s.") % {"news": notification.get_kind_display()},
            )


def staff_actions(subject: Payment | Subscription) -> Iterator[Entry]:
    """Tell of what staff did to a payment or a membership."""
    for record in subject.staff_actions.select_related("actor"):
        words = f"{record.get_action_display()}: {record.reason}"
        yield Entry(record.at, "staff", words, record.words, str(record.actor))


SOURCES = (
    _booking,
    _session,
    _again,
    _events,
    _checks,
    _transitions,
    _tickets,
    _refunds,
    _disputes,
    _notifications,
    staff_actions,
)
