"""Cancelling by the customer: a booking that isn't paid yet, or paid seats as the event's policy allows."""

from collections.abc import Collection, Set
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.messages import join_labels
from bookings.models import Booking, EventStatus, TicketStatus
from bookings.when.words import spell
from payments.counter.returning import take_back
from payments.ledger import verification
from payments.ledger.refunds import request_refund
from payments.models import Cause, CounterSale, Origin, Payment, PaymentStatus, RefundStatus
from payments.models.counter import TILL_KINDS
from payments.models.payment import DOUBTFUL
from payments.status.actions import seat_offers
from payments.status.messages import message
from payments.status.queries import find_booking, read_payment
from payments.status.row import BookingRow


class NotCancellable(Exception):
    """The booking, or these seats of it, can't be cancelled; the message tells the customer why."""


class TermsChanged(NotCancellable):
    """The refund isn't the one that the customer saw and agreed to."""

    def __init__(self) -> None:
        super().__init__(_("Your refund has changed since you opened this page. Please check it again."))


def cancel_booking(booking: Booking, *, labels: Collection[str] = (), expected: int | None = None) -> None:
    """
    Cancel ``booking`` for its customer, or only its seats with these ``labels``.

    An unpaid booking is closed at Stripe, and then its seats are free. Paid seats that can be cancelled at
    this moment are refunded, less the fee, and their tickets stop being valid. ``expected`` is the refund
    that the customer agreed to, in minor units, or None for any. Seats that are cancelled already are
    skipped.

    Raise ``NotCancellable``, or ``TermsChanged`` if the refund isn't the ``expected`` one. Raise
    ``StripeUnavailable`` or ``StripeRefused`` if an unpaid booking can't be closed; it stays held until
    Stripe can be asked.
    """
    if sale := CounterSale.objects.filter(booking=booking).first():
        _return_tickets(sale, labels=labels, expected=expected)
        return
    payment = Payment.objects.of_booking(booking)
    if payment is None:
        raise NotCancellable(_("This booking has no payment yet. Its seats are released automatically."))
    was_pending = payment.status == PaymentStatus.PENDING
    if was_pending:
        _require_whole(booking, labels)
        payment = verification.cancel(payment)
    if not payment.is_paid:
        _require_ended(payment)
    elif was_pending:
        raise NotCancellable(
            _("You had already paid, so nothing was cancelled. Please check what you want to cancel.")
        )
    else:
        cancel_seats(payment, labels=labels, expected=expected)


def _require_whole(booking: Booking, labels: Collection[str]) -> None:
    if labels and set(labels) != set(booking.seat_labels):
        raise NotCancellable(_("Before you’ve paid, you can only cancel the whole booking."))


def _require_ended(payment: Payment) -> None:
    """Raise ``NotCancellable`` unless the booking ended because its customer cancelled it before."""
    if payment.is_undecided and payment.stripe_state in DOUBTFUL:
        raise NotCancellable(message(read_payment(payment)))
    if payment.status == PaymentStatus.PROCESSING and payment.instructions_url:
        raise NotCancellable(
            _(
                "You already have the payment instructions, so you can’t cancel now. If you don’t pay, the "
                "booking ends automatically."
            )
        )
    if payment.status == PaymentStatus.PROCESSING:
        raise NotCancellable(
            _("Your payment is already on its way. You can cancel once your bank has decided.")
        )
    if payment.is_undecided:
        raise NotCancellable(_("Your payment is just starting. Please try again in a minute."))
    if not payment.booking.cancelled_at:
        raise NotCancellable(_("This booking has already ended. Nothing was charged."))


@transaction.atomic
def cancel_seats(payment: Payment, *, labels: Collection[str] = (), expected: int | None = None) -> None:
    """
    Request the refund of these seats of a paid booking, or of all that can be cancelled.

    The policy is read under the lock, as it is now. Of two requests for the same seats, the second waits and
    finds them cancelled. Raise what ``cancel_booking`` does.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    locked.booking.seats.lock()  # Nobody is let in from here on.
    row, now = read_payment(locked), timezone.now()
    cancelled = _cancelled_seats(locked)
    wanted = set(labels) - cancelled
    if cancelled and not wanted and (labels or not row.valid_seats):
        return
    if reason := reason_not_cancellable(row, now=now):
        raise NotCancellable(reason)
    offers = {offer.seat: offer for offer in seat_offers(row, now=now)}
    chosen = [offers[seat] for seat in offers if seat in wanted or not labels]
    _require_offered(wanted - offers.keys(), row)
    amount = sum(offer.refund for offer in chosen)
    if expected not in (None, amount):
        raise TermsChanged
    tickets = locked.booking.tickets.filter(
        status=TicketStatus.VALID, seat__label__in=[offer.seat for offer in chosen]
    )
    # This refund replaces an earlier one for the same seats that Stripe refused.
    refused = locked.refunds.filter(status=RefundStatus.REFUSED, origin=Origin.CUSTOMER, waived_at=None)
    refused.filter(tickets__seat__label__in=[offer.seat for offer in chosen]).update(waived_at=now)
    request_refund(
        locked,
        origin=Origin.CUSTOMER,
        cause=Cause.CANCELLATION,
        amount=amount,
        fee=sum(offer.fee for offer in chosen),
        tickets=list(tickets),
    )


@transaction.atomic
def _return_tickets(sale: CounterSale, *, labels: Collection[str], expected: int | None) -> None:
    """Give back tickets that were for nothing. Those that were paid for at the counter go back there."""
    booking = Booking.objects.select_for_update(no_key=True).get(pk=sale.booking_id)
    booking.seats.lock()
    row, now = find_booking(booking.reference), timezone.now()
    if row is None:
        raise NotCancellable(_("This booking isn’t known any more."))
    valid = {seat.label for seat in row.valid_seats}
    gone = {ticket.seat for ticket in row.tickets} - valid
    wanted = set(labels) - gone if labels else valid
    if gone and not wanted:
        return
    if reason := reason_not_cancellable(row, now=now):
        raise NotCancellable(reason)
    _require_offered(wanted - {offer.seat for offer in seat_offers(row, now=now)}, row)
    if expected not in (None, 0):
        raise TermsChanged
    take_back(sale, list(booking.tickets.filter(status=TicketStatus.VALID, seat__label__in=wanted)))


def _cancelled_seats(payment: Payment) -> set[str]:
    """Return the seats that the customer has cancelled, whatever has become of the refund since."""
    own = Q(origin=Origin.CUSTOMER) | Q(replaces__origin=Origin.CUSTOMER)
    return set(payment.refunds.standing().filter(own).values_list("tickets__seat__label", flat=True))


def reason_not_cancellable(row: BookingRow, *, now: datetime) -> str:
    """Return why no seat of a paid booking can be cancelled, as its customer reads it; empty if some can."""
    if row.problem:
        return _("You have no tickets from this payment, and you’ll get the money back automatically.")
    if row.status == PaymentStatus.DISPUTED and row.is_partly_here:
        return _("Part of your payment is disputed. Please ask the box office.")
    if row.status == PaymentStatus.DISPUTED:
        return _("The payment is disputed, and your bank decides about the money.")
    if not row.valid_seats:
        return _("None of these tickets is valid any more, so there’s nothing to cancel.")
    if row.sold_as in TILL_KINDS:
        return _("You bought these tickets at the box office. Please cancel them there.")
    if row.event_status == EventStatus.CANCELLED:
        return _("This event is cancelled. You’ll get the full price back automatically.")
    terms = row.policy
    if now >= row.starts_at:
        return _("The event has begun, so its tickets can no longer be cancelled.")
    if terms.last is None:
        return _("Tickets for this event can’t be cancelled.")
    if not terms.ends(now):
        until = spell(terms.last, "DAY_TIME_WITH_ZONE", row.time_zone)
        return _("You could cancel until %(until)s.") % {"until": until}
    if not row.has_all_its_money:
        return _("Part of your money was already refunded in another way. Please ask the box office.")
    if all(seat.is_entered for seat in row.valid_seats):
        return _("Somebody was let in with these tickets, so they can’t be cancelled.")
    if not seat_offers(row, now=now):
        return _("The cancellation fee is as high as the price, so there’s nothing to get back.")
    return ""


def _require_offered(missing: Set[str], row: BookingRow) -> None:
    if not missing:
        return
    seats = {"seats": join_labels(sorted(missing))}
    if entered := missing & {seat.label for seat in row.valid_seats if seat.is_entered}:
        words = _("Somebody was let in on %(seats)s, so that can’t be cancelled.")
        raise NotCancellable(words % {"seats": join_labels(sorted(entered))})
    if set(missing) <= {seat.label for seat in row.valid_seats}:
        raise NotCancellable(_("For %(seats)s, the cancellation fee is as high as the price.") % seats)
    raise NotCancellable(_("This booking has no valid ticket for %(seats)s.") % seats)
