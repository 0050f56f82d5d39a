"""Invented events, seats, payments and forms: what the styleguide's components are filled with."""

from datetime import datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from django.utils import timezone

from bookings.models import Event, StopReason, TicketStatus
from bookings.seats.seat_map import DESCRIPTIONS, DrawnRow, DrawnSeat, Price, SeatMap
from bookings.web.forms import BookingForm
from payments.models import PaymentStatus, RefundStatus
from payments.models.payment import UNDECIDED
from payments.status.payment import describe_row

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsgedächtniskonzert mit Überraschungsgästen"
SEATS = ["A-1", "A-2"]
CODE = "SAMPLE".ljust(26, "A")  # of a ticket, and of a booking, that doesn't exist


def event(sale: str = "open", title: str = "An Evening of Chamber Music") -> Event:
    """Return an event in a state of its sale, which no row of the database is behind."""
    now, starts_at = timezone.now(), evening()
    sample = Event(
        pk=0,
        title=title,
        slug="chamber-music",
        venue="The Little Theatre, 12 Market Street",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2, minutes=30),
        sales_from=now + timedelta(days=3 if sale == "upcoming" else -3),
        sales_until=now - timedelta(days=1) if sale == "closed" else starts_at,
        organiser_name="The Little Theatre",
        organiser_email="box-office@example.com",
    )
    vars(sample).update(price_from=2400, seats_free=0 if sale == "sold_out" else 75)
    return sample


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
        reference=CODE,
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


def house() -> SeatMap:
    """Return a map with a row for each price, and in each row seats in all their states."""
    prices = [Price(str(look), 5000 - 600 * look, f"€{50 - 6 * look}.00", 4) for look in range(1, 9)]
    rows = [DrawnRow(chr(64 + look), [price], _seats(price)) for look, price in enumerate(prices, start=1)]
    return SeatMap(rows, prices, layout="", tag="")


def _seats(price: Price) -> list[DrawnSeat]:
    """Return a free seat, a chosen one, one that is offered for another, and one in each other state."""
    row = chr(64 + int(price.look))
    kinds = [("free", False, False), ("free", True, False), ("free", False, True)]
    kinds += [(state, False, False) for state in DESCRIPTIONS if state != "free"]
    return [
        DrawnSeat(
            label=f"{row}-{number}",
            number=str(number),
            look=price.look,
            state=state,
            words=str(DESCRIPTIONS[state]).format(row=row, number=number, price=price.words),
            is_chosen=is_chosen,
            is_offered=is_offered,
        )
        for number, (state, is_chosen, is_offered) in enumerate(kinds, start=1)
    ]


def card(status: str, *, late: bool = False, can: bool = True) -> dict[str, Any]:
    """Return a booking as the customer's list shows it, with all that can be done with it."""
    state, now = payment(status), timezone.now()
    seats = [{"seat": seat, "fee": 420, "refund": 3780} for seat in SEATS]
    back = {"url": "#", "api": "#", "seats": seats, "fee": 840, "refund": 7560, "until": None}
    undecided, is_paid = status in UNDECIDED, status == PaymentStatus.SUCCEEDED
    return {
        **state,
        "url": "#",
        "event": {"url": "#", "venue": event().venue, "starts_at": evening(), "ends_at": evening()},
        "booking_status": "held" if undecided else "confirmed" if status in WITH_TICKETS else "released",
        "created_at": now,
        "held_until": now + timedelta(minutes=20),
        "checkout_url": "#" if status == PaymentStatus.PENDING else None,
        "actions": {
            "cancel": back if can and is_paid else None,
            "pay": {"url": "#"} if status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED) else None,
            "resend": {"url": "#"} if is_paid else None,
        },
        "version": status,
        "admits": is_paid,
        "late_in": 0 if late else None,
    }
