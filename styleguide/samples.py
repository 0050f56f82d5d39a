"""Invented events, seats, payments and forms, to fill the components of the style guide."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from django.urls import reverse
from django.utils import timezone

from bookings.models import (
    BookingStatus,
    Event,
    EventStatus,
    Production,
    StopReason,
    TicketStatus,
    Visibility,
)
from bookings.programme.cards import Card as ProgrammeCard
from bookings.seats.seat_map import DESCRIPTIONS, NOTES, DrawnArea, DrawnRow, DrawnSeat, Price, SeatMap
from bookings.web.forms import BookingForm
from payments.durations import LATE_AFTER
from payments.models import DisputeEffect, PaymentStatus, Problem, RefundStatus
from payments.models.payment import UNDECIDED
from payments.status.bookings import Card, describe_card
from payments.status.payment import PaymentState, describe_row
from payments.status.row import BookingRow, DisputeRow, PricedSeat, RefundRow, TicketRow

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsgedächtniskonzert mit Überraschungsgästen"
SEATS = ["A-1", "A-2"]
CODE = "SAMPLE".ljust(26, "A")  # of a ticket and of a booking that don't exist


def event(sale: str = "open", title: str = "An Evening of Chamber Music") -> Event:
    """Return an event with that ``SaleStatus``; it isn't saved."""
    now, starts_at = timezone.now(), evening()
    if sale == "over":
        starts_at -= timedelta(days=40)
    sample = Event(
        pk=0,
        title=title,
        slug="chamber-music",
        visibility=Visibility.PUBLISHED,
        venue="The Little Theatre, 12 Market Street",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2, minutes=30),
        sales_from=now + timedelta(days=3 if sale == "upcoming" else -3),
        sales_until=now - timedelta(days=1) if sale == "closed" else starts_at,
        organiser_name="The Little Theatre",
        organiser_email="box-office@example.com",
    )
    is_free = sale not in ("soon", "sold_out")
    vars(sample).update(seats_free=75 * is_free, seats_total=75 * (sale != "soon"))
    sample.price_from, sample.price_to = 2400, 4200
    return sample


def run() -> ProgrammeCard:
    """Return six evenings of one production, of which one is sold out and one cancelled."""
    evenings = [event() for _ in range(6)]
    for number, each in enumerate(evenings):
        each.production = Production(pk=0, title="The Cherry Orchard", slug="the-cherry-orchard")
        each.starts_at += timedelta(days=number)
        each.ends_at += timedelta(days=number)
    vars(evenings[1]).update(seats_free=0)
    evenings[2].status = EventStatus.CANCELLED
    return ProgrammeCard(evenings, timezone.now())


def evening() -> datetime:
    return (timezone.localtime() + timedelta(days=30)).replace(hour=20, minute=0, second=0, microsecond=0)


def payment(status: PaymentStatus) -> PaymentState:
    """Return what the status endpoint answers for a payment in that status, in the shop's own words."""
    return describe_row(_row(status))


def voucher() -> PaymentState:
    """Return what the status endpoint answers for a payment that its customer has yet to make."""
    return describe_row(_to_be_paid())


def voucher_card() -> Card:
    """Return a booking that is still to be paid by voucher, as the dashboard shows it."""
    return describe_card(_to_be_paid(), now=timezone.now())


def card(status: PaymentStatus, *, late: bool = False) -> Card:
    """Return a booking as the dashboard shows it, with all that can be done with it."""
    now = timezone.now()
    row = replace(_row(status), created_at=now - LATE_AFTER) if late else _row(status)
    return describe_card(row, now=now)


def _row(status: PaymentStatus) -> BookingRow:
    """Return a booking of two seats for 84.00, whose payment is in that status."""
    row = replace(_undecided(), status=status, refunds=REFUNDS.get(status, []))
    if status in WITH_TICKETS:
        return _with_tickets(row, WITH_TICKETS[status])
    if status in UNDECIDED:
        return row
    problem = Problem.PAID_AFTER_RELEASE if status == PaymentStatus.REFUND_DUE else ""
    return replace(row, booking_status=BookingStatus.RELEASED, problem=problem)


def _to_be_paid() -> BookingRow:
    until = timezone.now() + timedelta(days=7)
    return replace(_row(PaymentStatus.PROCESSING), instructions_url="#", act_until=until)


def _with_tickets(row: BookingRow, stopped_for: str) -> BookingRow:
    disputed = [DisputeRow(DisputeEffect.OPEN, row.amount_received)]
    return replace(
        row,
        disputes=disputed if stopped_for == StopReason.DISPUTED else [],
        booking_status=BookingStatus.CONFIRMED,
        tickets=[TicketRow(seat, CODE, stopped_for, "") for seat in SEATS],
        valid_seats=[] if stopped_for else [PricedSeat(seat, 4200) for seat in SEATS],
        asked_back=sum(refund.amount for refund in row.refunds),
    )


def _undecided() -> BookingRow:
    """Return a booking that isn't paid yet; once it is, a tenth is kept for cancelling."""
    now, sample = timezone.now(), event()
    return BookingRow(
        session_id="cs_test_sample",
        status=PaymentStatus.PENDING,
        problem="",
        processed_at=now,
        error_message="",
        stripe_state="",
        asked_at=None,
        checked_at=None,
        amount=8400,
        currency="eur",
        amount_received=8400,
        currency_received="eur",
        amount_discount=0,
        tax_added=0,
        presentment_amount=None,
        presentment_currency="",
        payment_intent_id="pi_sample",
        expires_at=now + timedelta(minutes=20),
        instructions_url="",
        act_until=None,
        test_ended_at=None,
        event_status=EventStatus.SCHEDULED,
        returnable_until=None,
        refunds=[],
        disputes=[],
        fee=0,
        checkout_url="#",
        was_paid_again=False,
        asked_back=0,
        reference=CODE,
        name="Ada Lovelace",
        email="ada@example.com",
        ticket_reference="J8T9-JB6K",
        cancelled_at=None,
        mailed_at=None,
        mail_refused_at=None,
        seats=SEATS,
        lost_seats=[],
        tickets=[],
        booking_status=BookingStatus.HELD,
        created_at=now,
        held_until=now + timedelta(minutes=20),
        valid_seats=[],
        resends=0,
        mailings=0,
        title=sample.title,
        event_changed_at=now,
        time_zone=sample.time_zone,
        cancellable_until=sample.starts_at,
        sales_until=sample.sales_until,
        starts_at=sample.starts_at,
        ends_at=sample.ends_at,
        slug=sample.slug,
        venue=sample.venue,
        event_currency="eur",
        cancellation_fee_percent=10,
        cancellation_fee=0,
    )


# The statuses in which a payment has tickets, and why those are stopped, if they are.
WITH_TICKETS: dict[PaymentStatus, str] = {
    PaymentStatus.SUCCEEDED: "",
    PaymentStatus.REFUNDED: StopReason.REFUNDED,
    PaymentStatus.PARTIALLY_REFUNDED: "",
    PaymentStatus.DISPUTED: StopReason.DISPUTED,
}
REFUNDS = {
    PaymentStatus.REFUND_DUE: [RefundRow(RefundStatus.DUE, 8400)],
    PaymentStatus.REFUNDED: [RefundRow(RefundStatus.SUCCEEDED, 8400)],
    PaymentStatus.PARTIALLY_REFUNDED: [RefundRow(RefundStatus.SUCCEEDED, 4200)],
}


def ticket(
    status: TicketStatus, stopped_for: str = "", *, is_drawn: bool = True, error: str = "", kind: str = ""
) -> Sample:
    return Sample(
        status=status,
        is_valid=status == TicketStatus.VALID,
        stopped_for=stopped_for,
        is_drawn=is_drawn,
        drawing_error=error,
        code=CODE,
        kind_name=kind,
        kind_proof=bool(kind),
        holder="Ada Lovelace",
        event=event(),
        get_absolute_url=reverse("bookings:ticket", args=[CODE]),
        seat=Sample(label="A-1", row="A", number=1, area=None),
    )


def bought() -> dict[str, Any]:
    """Return the booking that the tickets are of, and the time, as a page has them beside its tickets."""
    booking = Sample(event=event(), reference=CODE, email="ada@example.com")
    return {"booking": booking, "now": timezone.now()}


def tickets() -> list[Sample]:
    """Return a ticket in each of its states."""
    return [
        ticket(TicketStatus.VALID),
        ticket(TicketStatus.VALID, kind="Child"),
        ticket(TicketStatus.VALID, is_drawn=False),
        ticket(TicketStatus.VALID, is_drawn=False, error="MemoryError"),
        *(ticket(TicketStatus.SUSPENDED, why) for why in (StopReason.REFUND_ASKED, StopReason.DISPUTED)),
        ticket(TicketStatus.VOID, StopReason.REFUNDED),
    ]


def form(**typed: str) -> BookingForm:
    """Return the booking form: empty, or with what was typed and the errors in it."""
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


AISLE = 4  # the seat after it


def house() -> SeatMap:
    """Return a seat map with a row for each price, and in each row a seat in every state."""
    prices = [Price(str(look), 5000 - 600 * look, f"€{50 - 6 * look}.00", 4, 4) for look in range(1, 9)]
    rows = [
        DrawnRow(chr(64 + look), str(look), [price], _seats(price))
        for look, price in enumerate(prices, start=1)
    ]
    marks = [(mark, str(words)) for mark, words in NOTES.values()]
    stalls = DrawnArea("", rows, has_stage_before=True)
    return SeatMap([stalls, _balcony(prices[0])], prices, layout="", tag="", longest=8, marks=marks)


def _balcony(price: Price) -> DrawnArea:
    """Return a curved area with an aisle, and a seat with each mark."""
    marks = [mark for mark, _words in NOTES.values()] + ["note", ""]
    seats = [
        DrawnSeat(
            label=f"Balcony A-{number}",
            number=str(number),
            look=price.look,
            state="free",
            words=f"Balcony, row A, seat {number}",
            is_chosen=False,
            is_offered=False,
            gaps=(2,) if number == AISLE else (),
            lift=(number - 3) ** 2,
            mark=mark,
        )
        for number, mark in enumerate(marks, start=1)
    ]
    return DrawnArea("Balcony", [DrawnRow("A", price.look, [price], seats)], said="Balcony", curve=2)


def _seats(price: Price) -> list[DrawnSeat]:
    """Return a free seat, a chosen one, one offered instead of another, and one in each other state."""
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
