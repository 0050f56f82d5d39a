"""What happened to a payment, its booking and its tickets."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.addresses.normal_form import readable
from bookings.models import Entry as DoorEntry
from bookings.models import Scan, Verdict
from bookings.money import format_money
from payments.ledger.moving import exchanges_of
from payments.models import LostSession, Payment
from payments.models.refund import BROKEN, DROPPED
from payments.staff.timeline.entries import Entry, events, mails, staff_actions


def _booking(payment: Payment) -> Iterator[Entry]:
    booking = payment.booking
    seats = ", ".join(booking.first_seat_labels)
    yield Entry(booking.created_at, "hold", _("Seats %(seats)s put on hold.") % {"seats": seats})
    if booking.cancelled_at:
        yield Entry(booking.cancelled_at, "hold", _("Booking released."))
    if booking.released_at:
        yield Entry(booking.released_at, "hold", _("Seats released."))
    for resend in booking.resends.all():
        yield Entry(resend.asked_at, "mail", _("Customer requested the tickets again."))
    if booking.mailed_at:
        yield Entry(booking.mailed_at, "mail", _("Tickets emailed."), readable(booking.email))
    if booking.mail_refused_at:
        words = _("Tickets rejected by the customer’s mail server.")
        yield Entry(booking.mail_refused_at, "trouble", words, booking.mail_refusal)


def _session(payment: Payment) -> Iterator[Entry]:
    words = _("Payment of %(amount)s opened.") % {"amount": format_money(payment.amount, payment.currency)}
    yield Entry(
        payment.created_at, "session", words, payment.session_id or _("No payment page could be opened.")
    )


def _lost(payment: Payment) -> Iterator[Entry]:
    for lost in LostSession.objects.filter(payment=payment).exclude(decided_at=None):
        if lost.decided_at:
            words = _("Lost in a restore from backup, and rebuilt.")
            yield Entry(lost.decided_at, "trouble", words, lost.get_outcome_display())


def _again(payment: Payment) -> Iterator[Entry]:
    """Yield the payment that the customer made after this one came to nothing, and the one before it."""
    for other in Payment.objects.filter(Q(retry_of=payment) | Q(pk=payment.retry_of_id)):
        if other.retry_of_id == payment.pk:
            yield Entry(
                other.created_at, "session", _("Customer booked the same seats again."), subject=other
            )
        else:
            words = _("Replaces a payment that failed.")
            yield Entry(payment.created_at, "session", words, subject=other)


def _exchanges(payment: Payment) -> Iterator[Entry]:
    """Yield the payments for dearer seats instead of these, and the one whose tickets this one replaces."""
    for other in exchanges_of(payment).with_booking():
        seats = {"seats": ", ".join(other.booking.first_seat_labels)}
        words = _("Exchange offered: %(seats)s.") % seats
        yield Entry(other.created_at, "session", words, other.get_status_display(), subject=other)
    if payment.exchange_of:
        given = payment.exchanged_tickets.select_related("seat").order_by("seat_id")
        seats = {"seats": ", ".join(ticket.seat.label for ticket in given)}
        words = _("Exchange for %(seats)s, which are refunded once this is paid.") % seats
        yield Entry(payment.created_at, "session", words, subject=payment.exchange_of)


def _transitions(payment: Payment) -> Iterator[Entry]:
    for step in payment.transitions.all():
        words = f"{step.get_from_status_display()} → {step.get_to_status_display()}"
        yield Entry(step.at, "step", words, step.get_cause_display())


def _checks(payment: Payment) -> Iterator[Entry]:
    for check in payment.stripe_checks.all():
        found = check.get_state_display() or check.error
        words = _("Checked with Stripe: %(found)s") % {"found": found}
        yield Entry(check.at, "check", words, check.get_cause_display())


def _tickets(payment: Payment) -> Iterator[Entry]:
    for ticket in payment.booking.tickets.select_related("seat"):
        where = {"seat": ticket.seat.label}
        words = _("Ticket for %(seat)s issued.") % where
        yield Entry(ticket.issued_at, "ticket", words, ticket.name, subject=ticket)
        if ticket.stopped_at:
            words = _("Ticket for %(seat)s stopped being valid.") % where
            yield Entry(ticket.stopped_at, "ticket", words, ticket.get_stopped_for_display(), subject=ticket)


def _door(payment: Payment) -> Iterator[Entry]:
    """Yield every attempt with a ticket of the booking, and what became of whom it let in."""
    scans = Scan.objects.filter(ticket__booking=payment.booking_id)
    for scan in scans.select_related("device", "ticket__seat", "entry").defer("ticket__qr_png"):
        where = {"seat": scan.ticket.seat.label if scan.ticket else "", "verdict": scan.get_verdict_display()}
        words = _("At the door with %(seat)s: %(verdict)s.") % where
        parts = [
            scan.device.name,
            scan.gate,
            scan.person,
            _("offline") if scan.was_offline else "",
            scan.note,
        ]
        kind = "step" if scan.verdict in (Verdict.ADMITTED, Verdict.LEFT) else "door"
        yield Entry(scan.corrected_at, kind, words, ", ".join(filter(None, parts)))
        if entry := getattr(scan, "entry", None):
            yield from _after_entering(entry, where["seat"])


def _after_entering(entry: DoorEntry, seat: str) -> Iterator[Entry]:
    if entry.conflict:
        words = _("Let in on %(seat)s all the same: %(conflict)s.")
        about = {"seat": seat, "conflict": entry.get_conflict_display()}
        yield Entry(entry.entered_at, "trouble", words % about, entry.settled_how, entry.settled_by)
    if entry.undone_at:
        words = _("Entry on %(seat)s undone.") % {"seat": seat}
        yield Entry(entry.undone_at, "step", words, entry.undone_why, entry.undone_by)


def _refunds(payment: Payment) -> Iterator[Entry]:
    for refund in payment.refunds.all():
        if not refund.amount:
            words = _("Unpaid tickets cancelled.")
            yield Entry(refund.created_at, "refund", words, refund.get_origin_display(), subject=refund)
            continue
        money = {"amount": format_money(refund.amount, refund.currency)}
        words = _("Refund of %(amount)s requested.") % money
        kept = {"origin": refund.get_origin_display(), "fee": format_money(refund.fee, refund.currency)}
        detail = _("%(origin)s, minus a fee of %(fee)s") % kept if refund.fee else kept["origin"]
        if refund.asked_amount is not None:
            asked = {"asked": format_money(refund.asked_amount, refund.currency), "detail": detail}
            detail = _("%(detail)s; %(asked)s requested, only this much was left") % asked
        yield Entry(refund.created_at, "refund", words, detail, subject=refund)
        if refund.accepted_at:
            words = _("Refund of %(amount)s accepted by Stripe.") % money
            yield Entry(refund.accepted_at, "refund", words, refund.refund_id or "", subject=refund)
        if refund.stripe_status:
            words = _("Refund of %(amount)s in an unknown state at Stripe.") % money
            at = refund.checked_at or refund.created_at
            yield Entry(at, "trouble", words, refund.stripe_status, subject=refund)
        if refund.status in (*DROPPED, *BROKEN):
            words = _("Refund of %(amount)s failed.") % money
            at = refund.checked_at or refund.tried_at or refund.created_at
            why = refund.error_message or refund.error_code or refund.get_status_display()
            yield Entry(at, "trouble", words, why, subject=refund)


def _disputes(payment: Payment) -> Iterator[Entry]:
    for dispute in payment.disputes.all():
        about = {"reason": dispute.reason, "amount": format_money(dispute.amount, dispute.currency)}
        words = _("Dispute of %(amount)s opened by the bank: %(reason)s.") % about
        state = dispute.stripe_status or dispute.get_status_display()
        yield Entry(dispute.created_at, "trouble", words, state, subject=dispute)
    for warning in payment.fraud_warnings.all():
        words = _("Fraud warning from the card network: %(type)s.") % {"type": warning.fraud_type}
        yield Entry(warning.created_at, "trouble", words, subject=warning)


def payment_entries(payment: Payment) -> Iterator[Entry]:
    """Yield what happened to ``payment``, in no order."""
    for source in SOURCES:
        yield from source(payment)


SOURCES = (
    _booking,
    _session,
    _lost,
    _again,
    _exchanges,
    events,
    _checks,
    _transitions,
    _tickets,
    _door,
    _refunds,
    _disputes,
    mails,
    staff_actions,
)
