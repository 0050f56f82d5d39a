"""
Requests refunds: a row first, then Stripe, then what Stripe made of it.

A refund is requested here, in a transaction; a job sends it to Stripe (``refund_sending``); what Stripe says
about it, in a reply, an event or a check, is saved by ``refund_sync``. https://docs.stripe.com/refunds
"""

import logging
from collections.abc import Collection

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from bookings.models import StopReason, Ticket, TicketStatus
from payments.ledger.payment_state import recompute
from payments.models import (
    Cause,
    Notification,
    NotificationKind,
    Origin,
    Payment,
    PaymentStatus,
    Problem,
    Refund,
    RefundStatus,
)
from payments.models.refund import BROKEN
from payments.notifications import notify

logger = logging.getLogger(__name__)


class NotRefundable(Exception):
    """The refund can't be requested; the message says why, to the person who wanted it."""


@transaction.atomic
def request_refund(
    payment: Payment,
    *,
    origin: Origin,
    cause: Cause,
    amount: int | None = None,
    fee: int = 0,
    tickets: Collection[Ticket] = (),
    replaces: Refund | None = None,
) -> Refund:
    """
    Request a refund of ``payment`` and return it; a job sends it to Stripe after the commit.

    With ``tickets``, what they cost; with ``amount``, in the minor unit of what was received, that much; with
    both, that much for these tickets; with neither, all that is left, for all tickets without a refund. From
    now on the tickets aren't valid, unless Stripe refuses the refund. ``fee`` is what is kept of their price.
    With ``replaces``, a refund that failed is requested again, with its amount, its fee and its tickets.
    Tickets that nothing was paid for stop being valid at once, without any money.

    Raise ``NotRefundable``. If two people request the same at once, the second one is refused.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if not locked.is_paid:
        raise NotRefundable(_("No money has arrived that could go back."))
    if replaces is not None:
        replaces.refresh_from_db()
        _require_replaceable(locked, replaces)
        amount, fee, tickets = replaces.amount, replaces.fee, _tickets_of(replaces)
        if tickets and replaces.status == RefundStatus.REFUSED:
            _require_refundable(locked, tickets)
    elif tickets:
        _require_refundable(locked, tickets)
        amount = price_of(locked, tickets) if amount is None else amount
    elif amount is None or amount == refundable_amount(locked):
        amount = refundable_amount(locked)
        tickets = _refundable_tickets(locked) if locked.has_bought else ()
    if amount or not _are_free(locked, tickets):
        _require_left(locked, amount, replaces)
    refund = create_refund(locked, amount=amount, fee=fee, origin=origin, tickets=tickets, replaces=replaces)
    recompute(locked, cause=cause)
    return refund


def refundable_amount(payment: Payment) -> int:
    """Return how much of ``payment`` no refund was requested for, in the minor unit of what was received."""
    requested = payment.refunds.standing().aggregate(sum=Sum("amount"))["sum"] or 0
    return (payment.amount_received or 0) - requested


def is_refundable(payment: Payment) -> bool:
    """Return whether some of ``payment`` could go back, or it has tickets to cancel that cost nothing."""
    if not payment.is_paid:
        return False
    is_free = payment.has_bought and not payment.amount_received
    return refundable_amount(payment) > 0 or (is_free and bool(_refundable_tickets(payment)))


def price_of(payment: Payment, tickets: Collection[Ticket]) -> int:
    """Return what was paid for the seats of ``tickets`` together when ``payment`` bought them."""
    booked = payment.booking.booked_seats.current()
    return booked.filter(seat__in=[ticket.seat_id for ticket in tickets]).worth()


def _are_free(payment: Payment, tickets: Collection[Ticket]) -> bool:
    """Return whether there are ``tickets``, and nothing was paid for any of them."""
    return bool(tickets) and price_of(payment, tickets) == 0


def _refundable_tickets(payment: Payment) -> list[Ticket]:
    """Return the tickets that ``payment`` bought and that no refund was requested for."""
    requested = set(payment.refunds.standing().values_list("tickets", flat=True))
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID)
    return [ticket for ticket in live if ticket.pk not in requested]


def _tickets_of(refund: Refund) -> list[Ticket]:
    """Return the tickets of ``refund``; of one that was renamed meanwhile, its newest version."""
    tickets = list(refund.tickets.all())
    renamed = {ticket.seat_id for ticket in tickets if ticket.stopped_for == StopReason.RENAMED}
    newest = refund.payment.booking.tickets.current().filter(seat__in=renamed)
    return [ticket for ticket in tickets if ticket.seat_id not in renamed] + list(newest)


def _require_refundable(payment: Payment, tickets: Collection[Ticket]) -> None:
    if any(ticket.booking_id != payment.booking_id for ticket in tickets) or not payment.has_bought:
        raise NotRefundable(_("This payment isn't what bought the tickets."))
    if {ticket.pk for ticket in tickets} - {ticket.pk for ticket in _refundable_tickets(payment)}:
        raise NotRefundable(_("One of the tickets is being refunded already, or is void."))


def _require_replaceable(payment: Payment, refund: Refund) -> None:
    is_replaceable = refund.status in (*BROKEN, RefundStatus.REFUSED) and refund.waived_at is None
    if refund.payment_id != payment.pk or not is_replaceable:
        raise NotRefundable(_("That refund is under way, so it can't be made again."))
    if Refund.objects.filter(replaces=refund).exists():
        raise NotRefundable(_("That refund was made again already."))


def _require_left(payment: Payment, amount: int, replaces: Refund | None) -> None:
    left = refundable_amount(payment)
    if replaces is not None and replaces.status in BROKEN:  # It still counts as requested.
        left += replaces.amount
    if not 0 < amount <= left:
        raise NotRefundable(_("That is more than is left of this payment."))


def create_refund(
    payment: Payment,
    *,
    amount: int,
    origin: Origin,
    fee: int = 0,
    tickets: Collection[Ticket] = (),
    replaces: Refund | None = None,
) -> Refund:
    """Save a refund of a payment that the caller has locked, with the job that sends it if there is money."""
    refund = payment.refunds.create(
        amount=amount,
        fee=fee,
        currency=payment.currency_received,
        origin=origin,
        replaces=replaces,
        status=RefundStatus.DUE if amount else RefundStatus.SUCCEEDED,
        accepted_at=None if amount else timezone.now(),
    )
    refund.tickets.set(tickets)
    if amount:
        enqueue(refund)
    else:
        notify(Notification(payment=payment, kind=NotificationKind.REFUNDED, refund=refund))
    return refund


def enqueue(refund: Refund) -> None:
    """Have the worker send a refund; jobs for one refund run one at a time."""
    job = app.configure_task("payments.tasks.send_refund", lock=f"refund:{refund.pk}")
    job.defer(refund_id=refund.pk)


@transaction.atomic
def refuse_money(payment: Payment, problem: Problem, *, cause: Cause) -> None:
    """
    Save why the money of ``payment`` buys nothing, and request a refund of all of it, if it was any.

    The caller has locked the payment, and has set what was received.
    """
    logger.error("paid, but it buys nothing: %s", problem, extra={"payment": payment.reference})
    payment.problem = problem
    payment.move(PaymentStatus.REFUND_DUE if payment.amount_received else PaymentStatus.REFUNDED, cause=cause)
    if payment.amount_received:
        create_refund(payment, amount=payment.amount_received, origin=Origin.SETTLEMENT)
    notify(Notification(payment=payment, kind=NotificationKind.MONEY_BACK))
