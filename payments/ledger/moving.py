"""
Moves the customer of a paid booking to other seats.

To seats of the same or a lower price in one transaction, in which a refund of the difference is requested. To
dearer ones by an exchange: the new seats are bought by a payment of their own, and once it is paid, the old
tickets are refunded.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.models import Seat, Ticket, TicketStatus
from bookings.models.ticket import TicketQuerySet
from bookings.money import format_money
from bookings.seats.moving import Move, NotMovable, plan_moves, seats_named, why_event_keeps_seats
from bookings.tickets.moving import move_tickets, newest_versions
from payments.ledger.payment_state import recompute
from payments.ledger.refunds import create_refund, price_of, refundable_amount, refundable_tickets
from payments.models import Cause, Origin, Payment
from payments.models.payment import UNDECIDED, PaymentQuerySet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quote:
    """What ``moves`` of tickets of ``payment`` come to, in the minor unit of what was received."""

    payment: Payment
    moves: list[Move]

    @property
    def is_exchange(self) -> bool:
        """Whether the new seats are dearer together than what was paid for the old ones."""
        return self.worth > self.paid

    @property
    def paid(self) -> int:
        """What was paid for the old seats."""
        return sum(move.booked.worth for move in self.moves)

    @property
    def worth(self) -> int:
        """What the new ones would have cost in the same purchase."""
        return sum(move.instead.worth for move in self.moves)

    @property
    def costs(self) -> int:
        """What is to be paid for the new seats, if it is an exchange."""
        return sum(move.instead.price for move in self.moves)

    @property
    def back(self) -> int:
        """What goes back to the customer; of an exchange, once it is paid."""
        return self.paid if self.is_exchange else self.paid - self.worth

    @property
    def agreed(self) -> str:
        """Return all that staff agree to: the seats and the amounts."""
        seats = ", ".join(str(move) for move in self.moves)
        return f"{seats}: {self.costs if self.is_exchange else 0} {self.back}"


def movable_tickets(payment: Payment) -> TicketQuerySet:
    """Return the valid tickets of ``payment`` that no refund, open dispute or unpaid exchange is about."""
    disputed = payment.disputes.waiting().exclude(tickets=None).values("tickets")
    waiting = payment.booking.tickets.filter(exchanges__status__in=UNDECIDED).values("pk")
    valid = refundable_tickets(payment).filter(status=TicketStatus.VALID)
    return valid.exclude(pk__in=disputed).exclude(pk__in=waiting)


def exchanges_of(payment: Payment) -> PaymentQuerySet:
    """Return the payments by which tickets that ``payment`` bought were to be exchanged, the oldest first."""
    found: PaymentQuerySet = Payment.objects.filter(
        exchanged_tickets__booking=payment.booking_id, exchange_of=payment
    )
    return found.distinct().order_by("pk")


def is_movable(payment: Payment) -> bool:
    """Whether somebody with a ticket of ``payment`` could be moved."""
    is_ours = payment.has_bought and not payment.is_of_other_mode and not payment.test_ended_at
    return is_ours and not why_event_keeps_seats(payment.booking.event) and movable_tickets(payment).exists()


def quote_moves(payment: Payment, wanted: Mapping[int, str]) -> Quote:
    """
    Return what it comes to if the tickets with these ids are moved to the seats with these labels.

    Nothing is locked or changed. Raise ``NotMovable``.
    """
    tickets = _require_movable(payment, wanted)
    named = seats_named(payment.booking.event, wanted.values())
    seats = payment.booking.event.seats.filter(named).select_related("booking")
    return _quote(payment, wanted, tickets, list(seats))


def lock_and_quote(payment: Payment, wanted: Mapping[int, str], *, agreed: str) -> Quote:
    """
    Return what it comes to, with the payment, its booking and all seats locked, if that is what was agreed.

    Old and new seats are locked together, in the order of their ids. Raise ``NotMovable``.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    booking = locked.booking
    named = seats_named(booking.event, wanted.values())
    booking.event.seats.filter(named | Q(booking=booking)).lock()
    quote = quote_moves(locked, wanted)
    if quote.agreed != agreed:
        raise NotMovable(_("Prices have changed. Check the new preview."))
    return quote


def _require_movable(payment: Payment, wanted: Mapping[int, str]) -> list[Ticket]:
    """Return the tickets with these ids; raise ``NotMovable`` unless all can be moved."""
    if not wanted:
        raise NotMovable(_("Enter at least one new seat."))
    if not is_movable(payment):
        raise NotMovable(
            why_event_keeps_seats(payment.booking.event) or _("No ticket of this booking can be moved.")
        )
    tickets = list(movable_tickets(payment).filter(pk__in=wanted).select_related("seat").defer("qr_png"))
    if len(tickets) != len(wanted):
        raise NotMovable(_("One of the tickets is cancelled, or has a refund, dispute or exchange."))
    return tickets


def _quote(payment: Payment, wanted: Mapping[int, str], tickets: list[Ticket], seats: list[Seat]) -> Quote:
    labels = {ticket: wanted[ticket.pk] for ticket in tickets}
    quote = Quote(payment, plan_moves(payment.booking, labels, seats))
    left = refundable_amount(payment)
    if quote.back and not quote.is_exchange and quote.back >= left:
        amounts = {"back": quote.back, "left": left}
        money = {name: format_money(amount, payment.currency) for name, amount in amounts.items()}
        raise NotMovable(
            _(
                "The refund would be %(back)s, but only %(left)s of this payment is left. Refund the "
                "booking instead."
            )
            % money
        )
    return quote


@transaction.atomic
def move(payment: Payment, wanted: Mapping[int, str], *, agreed: str, cause: Cause) -> Quote:
    """
    Move tickets to seats that aren't dearer together, and return what it came to.

    The difference is requested as a refund, which leaves all tickets as they are. Raise ``NotMovable``; then
    nothing has changed.
    """
    quote = lock_and_quote(payment, wanted, agreed=agreed)
    if quote.is_exchange:
        raise NotMovable(_("These seats cost more. The customer has to pay for them first."))
    locked = quote.payment
    move_tickets(locked.booking, quote.moves)
    if quote.back:
        create_refund(locked, amount=quote.back, origin=Origin.STAFF)
    recompute(locked, cause=cause)
    return quote


def lock_exchanged(payment: Payment) -> Payment:
    """
    Lock what ``payment`` is an exchange of, and return that; the caller has locked the payment, and no seats.

    The seats of both are locked at once, in the order of their ids. If those of the new booking are free
    again, it may get any others, so all are.
    """
    old = Payment.objects.filter(pk=payment.exchange_of_id or 0).lock()
    seats = payment.booking.event.seats.all()
    if payment.booking.seats.exists():
        seats = seats.filter(booking__in=[payment.booking_id, old.booking_id])
    seats.lock()
    return old


def give_back_exchanged(payment: Payment, old: Payment, *, cause: Cause) -> None:
    """
    Request the refund of the tickets that ``payment``, which has bought others, is an exchange of.

    Only of those that no refund or dispute is about yet, in the version that counts by now, and of no more
    money than is left: ``old`` is locked, so whatever happened to them meanwhile is known.
    """
    newest = newest_versions(payment.exchanged_tickets.all())
    tickets = list(refundable_tickets(old).filter(pk__in=[ticket.pk for ticket in newest]))
    if not tickets:
        logger.warning("nothing is left to exchange", extra={"payment": payment.reference})
        return
    amount = min(price_of(old, tickets), refundable_amount(old))
    create_refund(old, amount=amount, origin=Origin.STAFF, tickets=tickets)
    recompute(old, cause=cause)
