"""
Requests refunds: a row first, then Stripe, then what Stripe made of it.

A refund is requested here, in a transaction; a job sends it to Stripe (``refund_sending``); what Stripe says
about it, in a reply, an event or a check, is saved by ``refund_sync``. https://docs.stripe.com/refunds
"""

import logging
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from bookings.models import StopReason, Ticket, TicketStatus
from bookings.models.ticket import TicketQuerySet
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
from payments.models.refund import ACCEPTED, BROKEN, MAYBE_PAID
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
    With ``replaces``, a refund that failed is requested again, with its fee, its tickets and its amount, or
    what is left of that. Tickets that nothing was paid for stop being valid at
    once, without any money.

    Raise ``NotRefundable``. If two people request the same at once, the second one is refused.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if not locked.is_paid:
        raise NotRefundable(_("Nothing was paid, so there’s nothing to refund."))
    if replaces is not None:
        replaces.refresh_from_db()
        _require_replaceable(locked, replaces)
        amount, fee, tickets = _retried_amount(replaces, _left(locked)), replaces.fee, _tickets_of(replaces)
        if tickets and replaces.status == RefundStatus.REFUSED:
            _require_refundable(locked, tickets)
    elif tickets:
        _require_refundable(locked, tickets)
        amount = price_of(locked, tickets) if amount is None else amount
    elif amount is None or amount == refundable_amount(locked):
        amount = refundable_amount(locked)
        tickets = list(refundable_tickets(locked)) if locked.has_bought else ()
    if amount or not _are_free(locked, tickets):
        _require_left(locked, amount, replaces)
    refund = create_refund(locked, amount=amount, fee=fee, origin=origin, tickets=tickets, replaces=replaces)
    if replaces is not None and replaces.wanted != amount:
        refund.asked_amount = replaces.wanted
        refund.save(update_fields=["asked_amount"])
    recompute(locked, cause=cause)
    return refund


def refundable_amount(payment: Payment) -> int:
    """
    Return how much of ``payment`` can be requested, in the minor unit of what was received.

    That is what no refund was requested for and no dispute has taken, for now or for good: what the bank has
    taken would be paid twice.
    """
    return max(0, _left(payment))


def disputed_amount(payment: Payment) -> int:
    """Return how much of ``payment`` disputes have taken, for now or for good."""
    return sum(dispute.part for dispute in payment.disputes.taking())


def sendable_amount(payment: Payment) -> int:
    """Return how much of ``payment`` is at Stripe still, as far as that is known: neither sent nor taken."""
    maybe_sent = payment.refunds.filter(status__in=MAYBE_PAID).total()
    return max(0, (payment.amount_received or 0) - maybe_sent - disputed_amount(payment))


@transaction.atomic
def fit(refund: Refund) -> None:
    """
    Reduce a refund that is due to what is left of its payment, if that is less.

    Somebody may have sent a part back in Stripe's dashboard, or the bank has taken one. If nothing is left,
    the refund stays as it is.
    """
    payment = Payment.objects.filter(pk=refund.payment_id).lock()
    refund.refresh_from_db()
    if refund.status == RefundStatus.DUE and _reduce(refund, sendable_amount(payment)):
        recompute(payment, cause=Cause.REFUND)


def fit_due(payment: Payment) -> None:
    """Reduce the refunds of a locked payment that are due as ``fit`` does; the caller recomputes it."""
    left = sendable_amount(payment)
    for refund in payment.refunds.filter(status=RefundStatus.DUE):
        _reduce(refund, left)


def _reduce(refund: Refund, left: int) -> bool:
    if not 0 < left < refund.amount:
        return False
    logger.warning("only %d of %d is left to send", left, refund.amount, extra=about(refund))
    refund.asked_amount, refund.amount = refund.wanted, left
    refund.save(update_fields=["amount", "asked_amount"])
    return True


def request_what_is_owed(payment: Payment) -> None:
    """
    Request a refund of what the bank has returned of money that bought nothing; the caller has locked it.

    While it was disputed, it couldn't be sent back. Does nothing if staff have a refund of it to decide on.
    """
    owed = refundable_amount(payment)
    was_reduced = payment.refunds.filter(asked_amount__isnull=False, status__in=ACCEPTED).exists()
    if payment.problem and owed and was_reduced and not payment.refunds.broken().exists():
        create_refund(payment, amount=owed, origin=Origin.SETTLEMENT)
        recompute(payment, cause=Cause.REFUND)


def is_refundable(payment: Payment) -> bool:
    """Return whether some of ``payment`` could go back, or it has tickets to cancel that cost nothing."""
    if not payment.is_paid:
        return False
    is_free = payment.has_bought and not payment.amount_received
    return refundable_amount(payment) > 0 or (is_free and refundable_tickets(payment).exists())


def price_of(payment: Payment, tickets: Collection[Ticket]) -> int:
    """Return what was paid for the seats of ``tickets`` together when ``payment`` bought them."""
    booked = payment.booking.booked_seats.current()
    return booked.filter(seat__in=[ticket.seat_id for ticket in tickets]).worth()


def _are_free(payment: Payment, tickets: Collection[Ticket]) -> bool:
    """Return whether there are ``tickets``, and nothing was paid for any of them."""
    return bool(tickets) and price_of(payment, tickets) == 0


def refundable_tickets(payment: Payment) -> TicketQuerySet:
    """Return the tickets of ``payment`` that no refund was requested for, and whose money no dispute took."""
    requested = payment.refunds.standing().exclude(tickets=None).values("tickets")
    disputed = payment.disputes.taking().exclude(tickets=None).values("tickets")
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID)
    return live.exclude(pk__in=requested).exclude(pk__in=disputed)


def _tickets_of(refund: Refund) -> list[Ticket]:
    """Return the tickets of ``refund``; of one that was renamed meanwhile, its newest version."""
    tickets = list(refund.tickets.all())
    renamed = {ticket.seat_id for ticket in tickets if ticket.stopped_for == StopReason.RENAMED}
    newest = refund.payment.booking.tickets.current().filter(seat__in=renamed)
    return [ticket for ticket in tickets if ticket.seat_id not in renamed] + list(newest)


def _require_refundable(payment: Payment, tickets: Collection[Ticket]) -> None:
    if any(ticket.booking_id != payment.booking_id for ticket in tickets) or not payment.has_bought:
        raise NotRefundable(_("The tickets were bought with another payment."))
    if {ticket.pk for ticket in tickets} - {ticket.pk for ticket in refundable_tickets(payment)}:
        raise NotRefundable(_("One of the tickets is already being refunded or cancelled."))


def _require_replaceable(payment: Payment, refund: Refund) -> None:
    is_replaceable = refund.status in (*BROKEN, RefundStatus.REFUSED) and refund.waived_at is None
    if refund.payment_id != payment.pk or not is_replaceable:
        raise NotRefundable(_("That refund is in progress, so you can't retry it."))
    if Refund.objects.filter(replaces=refund).exists():
        raise NotRefundable(_("That refund was already retried."))


def can_be_made_again(payment: Payment) -> bool:
    """Whether a refund that came to nothing could be requested again, as far as is known here."""
    return bool(retriable_refunds(payment))


def retriable_refunds(payment: Payment) -> dict[int, int]:
    """Return the ids of the refunds that could be requested again, each with what would be sent."""
    broken = list(payment.refunds.broken())
    left = _left(payment) if broken else 0
    amounts = {refund.pk: _retried_amount(refund, left) for refund in broken}
    return {pk: amount for pk, amount in amounts.items() if amount > 0}


def _retried_amount(refund: Refund, left: int) -> int:
    """Return how much of ``refund``, which failed, could be sent by another one; 0 or less if nothing."""
    return min(refund.wanted, left + (refund.amount if refund.status in BROKEN else 0))


def _left(payment: Payment) -> int:
    """Return what is neither requested nor disputed; less than 0 if a part is both."""
    return (payment.amount_received or 0) - payment.refunds.standing().total() - disputed_amount(payment)


def _require_left(payment: Payment, amount: int, replaces: Refund | None) -> None:
    left = _left(payment)
    if replaces is not None and replaces.status in BROKEN:  # It still counts as requested.
        left += replaces.amount
    if not 0 < amount <= left:
        raise NotRefundable(_("That's more than what's left of this payment."))


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


def about(refund: Refund) -> dict[str, str]:
    """Return what a log record about ``refund`` carries as ``extra``."""
    return {"payment": refund.payment.reference, "refund": refund.reference}
