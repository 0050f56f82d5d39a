"""
Money that goes back: a row first, then Stripe, then what Stripe made of it.

A refund is asked for here, in a transaction; sent by a job after it (``sending``); and mirrored from whatever
Stripe says about it, in a reply, an event or a check (``refund_sync``). https://docs.stripe.com/refunds
"""

import logging
from collections.abc import Collection

from django.db import transaction
from django.db.models import Sum
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
    """The refund can't be asked for; the message says why, for the person who wanted it."""


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
    Ask for money of ``payment`` to go back, and return the refund; a job sends it after the commit.

    With ``tickets``, what they cost; with ``amount`` (minor units of what was received), that much; with
    both, that much for them; with neither, all that is left, for all tickets that no other refund is for. The
    tickets admit nobody from now on, and become valid again if Stripe refuses. ``fee`` is what is kept of
    their price. With ``replaces``, a refund that came to nothing is made again, for the same tickets and the
    same amount.

    Raise ``NotRefundable``. Two people who ask at once for the same take turns, and the second is refused.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if not locked.is_paid:
        raise NotRefundable(_("No money has arrived that could go back."))
    if replaces is not None:
        replaces.refresh_from_db()
        _require_replaceable(locked, replaces)
        amount, fee, tickets = replaces.amount, replaces.fee, _given_up_for(replaces)
        if tickets and replaces.status == RefundStatus.REFUSED:
            _require_refundable(locked, tickets)
    elif tickets:
        _require_refundable(locked, tickets)
        amount = price_of(locked, tickets) if amount is None else amount
    elif amount is None or amount == left_of(locked):
        amount = left_of(locked)
        tickets = _not_given_up(locked) if locked.has_bought else ()
    _require_left(locked, amount, replaces)
    refund = owe(locked, amount=amount, fee=fee, origin=origin, tickets=tickets, replaces=replaces)
    recompute(locked, cause=cause)
    return refund


def left_of(payment: Payment) -> int:
    """Return what could still go back, in the minor unit of what was received."""
    asked = payment.refunds.standing().aggregate(sum=Sum("amount"))["sum"] or 0
    return (payment.amount_received or 0) - asked


def price_of(payment: Payment, tickets: Collection[Ticket]) -> int:
    """Return what the seats of these ``tickets`` cost together when ``payment`` bought them."""
    booked = payment.booking.booked_seats.current()
    return booked.filter(seat__in=[ticket.seat_id for ticket in tickets]).aggregate(sum=Sum("price"))["sum"]


def _not_given_up(payment: Payment) -> list[Ticket]:
    """Return the tickets that ``payment`` has bought and that no refund was asked for."""
    asked = set(payment.refunds.standing().values_list("tickets", flat=True))
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID)
    return [ticket for ticket in live if ticket.pk not in asked]


def _given_up_for(refund: Refund) -> list[Ticket]:
    """Return the tickets of ``refund``; for one that was renamed after a refusal, what replaced it."""
    tickets = list(refund.tickets.all())
    renamed = {ticket.seat_id for ticket in tickets if ticket.stopped_for == StopReason.RENAMED}
    newest = refund.payment.booking.tickets.current().filter(seat__in=renamed)
    return [ticket for ticket in tickets if ticket.seat_id not in renamed] + list(newest)


def _require_refundable(payment: Payment, tickets: Collection[Ticket]) -> None:
    if any(ticket.booking_id != payment.booking_id for ticket in tickets) or not payment.has_bought:
        raise NotRefundable(_("This payment isn't what bought the tickets."))
    if {ticket.pk for ticket in tickets} - {ticket.pk for ticket in _not_given_up(payment)}:
        raise NotRefundable(_("One of the tickets is being refunded already, or is void."))


def _require_replaceable(payment: Payment, refund: Refund) -> None:
    may_be_made_again = refund.status in (*BROKEN, RefundStatus.REFUSED) and refund.waived_at is None
    if refund.payment_id != payment.pk or not may_be_made_again:
        raise NotRefundable(_("That refund is under way, so it can't be made again."))
    if Refund.objects.filter(replaces=refund).exists():
        raise NotRefundable(_("That refund was made again already."))


def _require_left(payment: Payment, amount: int, replaces: Refund | None) -> None:
    left = left_of(payment)
    if replaces is not None and replaces.status in BROKEN:  # It still counts, until it is replaced.
        left += replaces.amount
    if not 0 < amount <= left:
        raise NotRefundable(_("That is more than is left of this payment."))


def owe(
    payment: Payment,
    *,
    amount: int,
    origin: Origin,
    fee: int = 0,
    tickets: Collection[Ticket] = (),
    replaces: Refund | None = None,
) -> Refund:
    """Write down a refund of a payment that the caller has locked, with the job that sends it."""
    refund = payment.refunds.create(
        amount=amount, fee=fee, currency=payment.currency_received, origin=origin, replaces=replaces
    )
    refund.tickets.set(tickets)
    enqueue(refund)
    return refund


def enqueue(refund: Refund) -> None:
    """Let the worker send a refund; jobs for one refund run one at a time."""
    job = app.configure_task("payments.tasks.send_refund", lock=f"refund:{refund.pk}")
    job.defer(refund_id=refund.pk)


@transaction.atomic
def refuse_money(payment: Payment, problem: Problem, *, cause: Cause) -> None:
    """
    Note why money that has arrived buys nothing, and owe all of it back, once.

    The caller has locked the payment, and set what was received.
    """
    logger.error("paid, but it buys nothing: %s", problem, extra={"payment": payment.reference})
    payment.problem = problem
    payment.move(PaymentStatus.REFUND_DUE, cause=cause)
    if payment.amount_received:
        owe(payment, amount=payment.amount_received, origin=Origin.SETTLEMENT)
    notify(Notification(payment=payment, kind=NotificationKind.MONEY_BACK))
