"""Rules: a seat is sold exactly if one ticket for it isn't void."""

from collections.abc import Iterator
from functools import partial

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from bookings.models import (
    Booking,
    BookingStatus,
    Seat,
    StopReason,
    Ticket,
    TicketStatus,
    WaitingEntry,
    WaitingStatus,
)
from bookings.seats.holds import release
from payments.counter.holding import ENDED_WITHIN
from payments.ledger.going_live import open_test_payments
from payments.models import Payment
from payments.models.payment import UNDECIDED

from .batches import Batch
from .violations import Violation, rule, rule_in_batches_of

ENDED = [BookingStatus.RELEASED, BookingStatus.CANCELLED]


@rule_in_batches_of(Booking)
def seat_of_an_ended_booking(batch: Batch) -> Iterator[Violation]:
    kept = batch.of(Seat.objects.filter(booking__status__in=ENDED), "booking__pk")
    for seat in kept.select_related("booking", "event"):
        yield Violation(
            "seat_of_an_ended_booking",
            f"seat {seat} of {seat.event.slug}",
            f"is taken by booking {seat.booking}, which is {seat.booking and seat.booking.status}",
        )


@rule_in_batches_of(Booking)
def sold_without_a_ticket(batch: Batch) -> Iterator[Violation]:
    live = Ticket.objects.exclude(status=TicketStatus.VOID)
    admits = live.filter(seat=OuterRef("pk"), booking=OuterRef("booking"))
    sold = batch.of(Seat.objects.filter(booking__status=BookingStatus.CONFIRMED), "booking__pk")
    for seat in sold.filter(~Exists(admits)).select_related("booking", "event"):
        yield Violation(
            "sold_without_a_ticket",
            f"seat {seat} of {seat.event.slug}",
            f"is sold to booking {seat.booking}, but it has no live ticket for it",
        )


@rule_in_batches_of(Ticket)
def ticket_without_its_seat(batch: Batch) -> Iterator[Violation]:
    live = batch.of(Ticket.objects.exclude(status=TicketStatus.VOID))
    elsewhere = Q(seat__booking=None) | ~Q(seat__booking=F("booking"))
    for ticket in live.filter(elsewhere).select_related("seat", "booking"):
        yield Violation(
            "ticket_without_its_seat",
            f"ticket {ticket} of booking {ticket.booking}",
            "is live, but the seat isn't its booking's",
        )


@rule_in_batches_of(Ticket)
def renamed_and_not_replaced(batch: Batch) -> Iterator[Violation]:
    """A ticket that was renamed has a newer one for the same seat, whether or not that is still valid."""
    renamed = batch.of(Ticket.objects.filter(stopped_for=StopReason.RENAMED))
    newer = Ticket.objects.filter(booking=OuterRef("booking"), seat=OuterRef("seat"), pk__gt=OuterRef("pk"))
    for ticket in renamed.filter(~Exists(newer)).select_related("seat", "booking"):
        yield Violation(
            "renamed_and_not_replaced",
            f"ticket {ticket} of booking {ticket.booking}",
            "was to be replaced by one with another name, but there is none",
        )


@rule_in_batches_of(Ticket)
def moved_and_not_replaced(batch: Batch) -> Iterator[Violation]:
    """A ticket whose customer was moved has a newer one for another seat, whether or not it is valid."""
    moved = batch.of(Ticket.objects.filter(stopped_for=StopReason.MOVED))
    newer = Ticket.objects.filter(booking=OuterRef("booking"), moved_from=OuterRef("pk"))
    for ticket in moved.filter(~Exists(newer)).select_related("seat", "booking"):
        yield Violation(
            "moved_and_not_replaced",
            f"ticket {ticket} of booking {ticket.booking}",
            "was to be replaced by one for another seat, but there is none",
        )


@rule
def booking_without_all_its_seats() -> Iterator[Violation]:
    """A held booking has all its seats, or it couldn't be confirmed when it is paid."""
    held = Booking.objects.filter(status=BookingStatus.HELD).annotate(
        wanted=Count("booked_seats", filter=Q(booked_seats__replaced_at=None), distinct=True),
        has=Count("seats", distinct=True),
    )
    for booking in held.exclude(wanted=F("has")):
        yield Violation(
            "booking_without_all_its_seats",
            f"booking {booking}",
            f"is held and has {booking.has} of its {booking.wanted} seats",
        )


@rule
def hold_that_nobody_will_end() -> Iterator[Violation]:
    """
    A held booking has an undecided payment: without one, nothing would release its seats.

    At the counter it has none at all, and is released within minutes. Else it is an offer to somebody on the
    waiting list, which ends by itself.
    """
    own = Payment.objects.filter(booking=OuterRef("pk"))
    offered = WaitingEntry.objects.filter(booking=OuterRef("pk"), status=WaitingStatus.OFFERED)
    lapsed = Q(held_until__lt=timezone.now() - ENDED_WITHIN)
    held = Booking.objects.filter(Exists(own) | lapsed, ~Exists(offered), status=BookingStatus.HELD)
    for booking in held.filter(~Exists(own.filter(status__in=UNDECIDED))):
        yield Violation(
            "hold_that_nobody_will_end",
            f"booking {booking}",
            "is held, but can no longer be paid",
            partial(release, booking),
        )


@rule
def undecided_payment_without_a_hold() -> Iterator[Violation]:
    lost = Payment.objects.filter(status__in=UNDECIDED, booking__status__in=ENDED)
    for payment in lost.select_related("booking"):
        yield Violation(
            "undecided_payment_without_a_hold",
            f"payment {payment.reference}",
            f"is {payment.status}, but its booking is {payment.booking.status}",
        )


@rule
def test_purchase_that_counts() -> Iterator[Violation]:
    """Once the key is live, what was bought with a test key must not hold seats or admit."""
    occupying = open_test_payments().filter(booking__in=Booking.objects.occupying())
    for payment in occupying.select_related("booking"):
        yield Violation(
            "test_purchase_that_counts",
            f"payment {payment.reference}",
            f"was made in test mode, but its booking is {payment.booking.status}: run end_test_mode",
        )
