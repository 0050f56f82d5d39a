"""
Deals with the bookings of events that were moved or called off: each once, until there is none left.

What is left is found out anew each time, so that a booking which was paid for meanwhile isn't forgotten, and
a worker that is killed goes on where it was. What is done for a booking and its notice are one transaction.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from bookings.event_changes.notices import note
from bookings.models import (
    Booking,
    BookingStatus,
    ChangeKind,
    EventChange,
    EventNotice,
    NoticeOutcome,
    TicketStatus,
)
from payments.counter.returning import take_back
from payments.event_changes.forecast import why_at_counter, why_stuck
from payments.gateway.checkout.sessions import expire_session
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.refunds import price_of, refundable_amount, refundable_tickets, request_refund
from payments.ledger.settlement import settle
from payments.models import Cause, CounterSale, DisputeEffect, Origin, Payment, PaymentStatus, RefundStatus
from payments.models.counter import TILL_KINDS
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)

BATCH_SECONDS = 10
LOOKED_AFTER = timedelta(days=90)  # Money may come so late, and a dispute be decided.


def work(*, seconds: float = BATCH_SECONDS, again: bool = False) -> None:
    """
    Deal with the bookings that are left, and enqueue the rest if there are any after ``seconds``.

    With ``again``, those too that could not be dealt with before, or not yet. Raise ``StripeUnavailable``.
    """
    pace, until = Run(), time.monotonic() + seconds
    recent = EventChange.objects.filter(at__gt=timezone.now() - LOOKED_AFTER).select_related("event")
    for change in recent.order_by("pk"):
        for booking in left(change, again=again).iterator(chunk_size=200):
            if time.monotonic() > until:
                enqueue()
                return
            _deal(change, booking, pace)


def _deal(change: EventChange, booking: Booking, pace: Run) -> None:
    """Deal with one booking. If that fails, staff see it, and the others get their turn."""
    try:
        DEALERS[ChangeKind(change.kind)](change, booking, pace)
    except StripeUnavailable:
        raise
    except Exception as error:
        logger.exception("%s can't be processed", booking)
        note(change, booking, words=str(error) or repr(error), has_failed=True)


def enqueue() -> None:
    app.configure_task("payments.tasks.continue_event_changes", lock="event_changes").defer()


def left(change: EventChange, *, again: bool = False) -> QuerySet[Booking]:
    """
    Return the bookings that are still to be dealt with because of ``change``.

    With ``again``, those too that failed, or whose customers were told while a bank had still to decide.
    """
    ended = EventNotice.objects.filter(change=change, booking=OuterRef("pk"))
    if again:
        ended = ended.exclude(outcome=NoticeOutcome.FAILED)
    if again and change.kind == ChangeKind.CALLED_OFF:
        ended = ended.exclude(amount=None)
    bookings = Booking.objects.filter(~Exists(ended), event=change.event_id).order_by("pk")
    if change.kind == ChangeKind.CALLED_OFF:
        open_ones = Payment.objects.undecided().filter(booking=OuterRef("pk")).exclude(session_id=None)
        return bookings.filter(Exists(open_ones)) | bookings.filter(status=BookingStatus.CONFIRMED)
    if change != EventChange.objects.newest_of(change.event):
        return bookings.none()
    return bookings.filter(status=BookingStatus.CONFIRMED, created_at__lte=change.at)


def _tell(change: EventChange, booking: Booking, pace: Run) -> None:
    """Tell who has tickets of an event that was moved."""
    note(change, booking)


def _give_back(change: EventChange, booking: Booking, pace: Run) -> None:
    """Let go a booking of an event that was called off: close its payment page, or send its money back."""
    for payment in booking.payments.undecided().exclude(session_id=None):
        pace.pace()
        _close(change, payment)
    booking.refresh_from_db()
    if booking.status == BookingStatus.CONFIRMED:
        _refund(change, booking)


def _close(change: EventChange, payment: Payment) -> None:
    """
    Close the page of a payment that isn't paid yet.

    What a bank has under way can't be stopped: it goes back when it comes, and its customer is told that.
    """
    if payment.status == PaymentStatus.PROCESSING:
        _tell_of_money_on_its_way(change, payment)
        return
    try:
        settle(expire_session(str(payment.session_id)), cause=Cause.STAFF)
    except StripeRefused:  # Paid in this moment, or unknown to Stripe: the reconciler finds out.
        Payment.objects.filter(pk=payment.pk).check_soon()


@transaction.atomic
def _tell_of_money_on_its_way(change: EventChange, payment: Payment) -> None:
    """Look again under the lock: who settles it at this moment may not know yet that the event is off."""
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if locked.status == PaymentStatus.PROCESSING:
        note(change, locked.booking, words=_("Payment in progress. It’s refunded when it arrives."))


@transaction.atomic
def _refund(change: EventChange, booking: Booking) -> None:
    """Request the refund of all tickets of a paid booking that no refund was requested for."""
    if sale := CounterSale.objects.filter(booking=booking).first():
        _take_back(change, sale)
        return
    payment = Payment.objects.of_booking(booking)
    if payment is not None:
        payment = Payment.objects.filter(pk=payment.pk).lock()
    is_disputed = payment is not None and payment.disputes.filter(effect=DisputeEffect.OPEN).exists()
    why = why_stuck(payment, is_disputed=is_disputed)
    if why or payment is None:
        logger.warning("%s of a cancelled event isn't refunded: %s", booking, why)
        note(change, booking, words=why, has_failed=not is_disputed)
        return
    if payment.refunds.filter(status=RefundStatus.DUE).exists():
        return  # Stripe may refuse it, and then its tickets have to be paid back here.
    tickets = list(refundable_tickets(payment))
    if not tickets:
        note(change, booking, words=_("Already being refunded."))
        return
    refused = payment.refunds.filter(status=RefundStatus.REFUSED, waived_at=None)
    refused.filter(tickets__in=tickets).update(waived_at=timezone.now())  # This one replaces it.
    amount = min(price_of(payment, tickets), refundable_amount(payment))
    request_refund(payment, origin=Origin.STAFF, cause=Cause.STAFF, amount=amount, tickets=tickets)
    note(change, booking, amount=amount)


def _take_back(change: EventChange, sale: CounterSale) -> None:
    """
    Take all tickets of a counter sale back; who paid there gets their money there.

    They are told by mail, if they left an address; of all others staff read that nobody could be told.
    """
    booking = Booking.objects.select_for_update(no_key=True).get(pk=sale.booking_id)
    if sale.kind in TILL_KINDS:
        note(change, booking, words=why_at_counter(sale), has_failed=not booking.email)
        return
    take_back(sale, list(booking.tickets.exclude(status=TicketStatus.VOID)))
    note(change, booking, amount=0)


DEALERS: dict[ChangeKind, Callable[[EventChange, Booking, Run], None]] = {
    ChangeKind.MOVED: _tell,
    ChangeKind.CALLED_OFF: _give_back,
}
