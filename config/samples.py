"""Invented events, seats, payments and forms: what the styleguide's components are filled with."""

from datetime import datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from django.utils import timezone

from bookings.forms import BookingForm
from bookings.models import StopReason, TicketStatus
from payments.models import PaymentStatus, RefundStatus
from payments.status import describe_row

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsgedächtniskonzert mit Überraschungsgästen"
SEATS = ["A-1", "A-2"]
CODE = "SAMPLE".ljust(26, "A")  # of a ticket that doesn't exist


def event(sale: str = "open", title: str = "An Evening of Chamber Music") -> Sample:
    """Return an event in a state of its sale."""
    starts_at = evening()
    return Sample(
        title=title,
        slug="chamber-music",
        venue="The Little Theatre, 12 Market Street",
        description="Haydn, Schubert and a surprise.",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2, minutes=30),
        sales_from=timezone.now() + timedelta(days=3),
        sale=sale,
        price_from=2400,
        currency="eur",
        seats_free=75,
        organiser_name="The Little Theatre",
        organiser_email="box-office@example.com",
    )


def evening() -> datetime:
    return (timezone.localtime() + timedelta(days=30)).replace(hour=20, minute=0, second=0, microsecond=0)


def payment(
    status: str, *, seats: list[str] = SEATS, title: str = "An Evening of Chamber Music"
) -> dict[str, Any]:
    """Return what the status endpoint says of a payment in that status: its words are the shop's own."""
    row = Sample(
        session_id="cs_test_sample",
        status=status,
        problem="paid_after_release" if status == PaymentStatus.REFUND_DUE else "",
        processed_at=timezone.now(),
        error_message="",
        stripe_state="",
        checked_at=None,
        amount=4200 * len(seats),
        currency="eur",
        amount_received=4200 * len(seats),
        currency_received="eur",
        payment_intent_id="pi_sample",
        reference="SAMPLE",
        name="Ada Lovelace",
        email="ada@example.com",
        ticket_reference="J8T9-JB6K" if status in WITH_TICKETS else "",
        cancelled_at=None,
        title=title,
        seats=seats,
        lost_seats=[],
        refunds=REFUNDS.get(status, []),
        fee=0,
        is_lost=False,
        tickets=[(seat, CODE, WITH_TICKETS[status], "") for seat in seats] if status in WITH_TICKETS else [],
    )
    return describe_row(row)


WITH_TICKETS: dict[str, str] = {
    PaymentStatus.SUCCEEDED: "",
    PaymentStatus.REFUNDED: StopReason.REFUNDED,
    PaymentStatus.PARTIALLY_REFUNDED: "",
    PaymentStatus.DISPUTED: StopReason.DISPUTED,
}
REFUNDS: dict[str, list[tuple[str, int]]] = {
    PaymentStatus.REFUND_DUE: [(RefundStatus.DUE, 8400)],
    PaymentStatus.REFUNDED: [(RefundStatus.SUCCEEDED, 8400)],
    PaymentStatus.PARTIALLY_REFUNDED: [(RefundStatus.SUCCEEDED, 4200)],
}


def ticket(status: TicketStatus, stopped_for: str = "", *, is_drawn: bool = True, error: str = "") -> Sample:
    return Sample(
        status=status,
        stopped_for=stopped_for,
        is_drawn=is_drawn,
        drawing_error=error,
        code=CODE,
        seat=Sample(label="A-1", row="A", number=1),
    )


def tickets() -> list[Sample]:
    """Return a ticket in each of its states."""
    return [
        ticket(TicketStatus.VALID),
        ticket(TicketStatus.VALID, is_drawn=False),
        ticket(TicketStatus.VALID, is_drawn=False, error="MemoryError"),
        *(ticket(TicketStatus.SUSPENDED, why) for why in (StopReason.REFUND_ASKED, StopReason.DISPUTED)),
        ticket(TicketStatus.VOID, StopReason.REFUNDED),
    ]


def form(**typed: str) -> BookingForm:
    """Return the booking form: new, or with what was typed and what is wrong with it."""
    return BookingForm({"attempt": "sample", **typed}) if typed else BookingForm()


def open_checkout() -> Sample:
    return Sample(
        pk=1,
        checkout_url="#",
        session_id="cs_test_sample",
        expires_at=timezone.now() + timedelta(minutes=29),
        booking=Sample(seat_labels=SEATS),
    )


def refunds() -> list[Sample]:
    """Return a refund in each of its states."""
    return [Sample(status=status, amount=4200) for status in RefundStatus.values]
